import type { PollContent } from "@wicara/channels/MessageContent"
import type * as WahaEvent from "../WahaEvent.ts"

type Poll = typeof PollContent.Type

/** As it came: the question, its answers, and how many of them may be chosen (none said: as many as one likes). */
const rawOf = ({ _data: data }: WahaEvent.WAMessage) => {
  if (data?.pollName !== undefined) {
    return {
      question: data.pollName,
      options: data.pollOptions?.map(({ name }) => name) ?? [],
      most: data.pollSelectableOptionsCount
    }
  }
  const native = data?.message ?? data?.Message
  for (const one of [native, native?.ephemeralMessage?.message]) {
    const poll = one?.pollCreationMessage ?? one?.pollCreationMessageV2 ?? one?.pollCreationMessageV3 ??
      one?.pollCreationMessageV5
    if (poll !== undefined) {
      return {
        question: poll.name ?? "",
        options: poll.options?.map(({ optionName }) => optionName) ?? [],
        most: poll.selectableOptionsCount
      }
    }
  }
  return undefined
}

/** The poll that a message is, where its engine tells enough of it. */
export const pollOf = (message: WahaEvent.WAMessage): Poll | undefined => {
  const raw = rawOf(message)
  const question = raw?.question.slice(0, 255)
  const options = new Set(raw?.options.flatMap((option) => option ? [option.slice(0, 100)] : []))
  return question === undefined || question === "" || options.size < 2
    ? undefined
    : { type: "poll", question, options: [...options].slice(0, 12), multiple: raw?.most !== 1 }
}
