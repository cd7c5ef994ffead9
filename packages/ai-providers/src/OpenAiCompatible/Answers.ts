/**
 * Answers of chat completions as response parts of `effect/ai`, whole and streamed.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Option, Schema } from "effect"
import { AiError, IdGenerator } from "effect/ai"
import type { Response } from "effect/ai"
import * as Errors from "./Errors.ts"
import * as Wire from "./Wire.ts"

const finishReasons: Readonly<Record<string, Response.FinishReason>> = {
  stop: "stop",
  eos: "stop",
  end_turn: "stop",
  length: "length",
  max_tokens: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  error: "error"
}

/** @category conversions @since 0.1.0 */
export const finishReason = (reason: string | null | undefined, calledTools: boolean): Response.FinishReason => {
  const known = reason === null || reason === undefined || reason === "" ? "unknown" : finishReasons[reason] ?? "other"
  // Some servers say "stop", or nothing, after tool calls.
  return calledTools && (known === "stop" || known === "unknown") ? "tool-calls" : known
}

const integer = (value: number | null | undefined): number | undefined =>
  value === null || value === undefined || !Number.isFinite(value) ? undefined : Math.max(0, Math.round(value))

/** Token counts; what the server does not report is absent. @category conversions @since 0.1.0 */
export const usage = (reported: Wire.Usage | null | undefined): Response.FinishPartEncoded["usage"] => {
  const input = integer(reported?.prompt_tokens)
  const cached = integer(reported?.prompt_tokens_details?.cached_tokens)
  const output = integer(reported?.completion_tokens)
  const reasoning = integer(reported?.completion_tokens_details?.reasoning_tokens)
  return {
    inputTokens: {
      uncached: input === undefined ? undefined : Math.max(0, input - (cached ?? 0)),
      total: input,
      cacheRead: cached,
      cacheWrite: undefined
    },
    outputTokens: { total: output, text: undefined, reasoning }
  }
}

const metadataPart = (envelope: Wire.Completion | Wire.Chunk): Response.ResponseMetadataPartEncoded => ({
  type: "response-metadata",
  ...(envelope.id === null || envelope.id === undefined || envelope.id === "" ? {} : { id: envelope.id }),
  ...(envelope.model === null || envelope.model === undefined || envelope.model === ""
    ? {}
    : { modelId: envelope.model }),
  ...(typeof envelope.created === "number" && envelope.created > 0 && envelope.created < 1e11
    ? { timestamp: DateTime.formatIso(DateTime.makeUnsafe(envelope.created * 1000)) }
    : {})
})

const decodeArguments = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const callPart = Effect.fnUntraced(function*(method: string, call: {
  readonly id: string
  readonly name: string
  readonly arguments: string | Readonly<Record<string, unknown>>
}) {
  const params = typeof call.arguments !== "string"
    ? Option.some<unknown>(call.arguments)
    : call.arguments.trim() === ""
    ? Option.some<unknown>({})
    : decodeArguments(call.arguments)
  if (Option.isNone(params)) {
    return yield* Errors.make(
      method,
      new AiError.ToolParameterValidationError({ toolName: call.name, description: "The arguments are not valid JSON" })
    )
  }
  const id = call.id !== ""
    ? call.id
    : yield* Effect.flatMap(IdGenerator.IdGenerator, (generator) => generator.generateId())
  return { type: "tool-call", id, name: call.name, params: params.value } satisfies Response.ToolCallPartEncoded
})

const refused = (method: string, refusal: string) =>
  Errors.make(method, new AiError.ContentPolicyError({ description: refusal }))

/**
 * The parts of a whole answer. A refusal is a `ContentPolicyError`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromCompletion = Effect.fnUntraced(function*(method: string, completion: Wire.Completion) {
  const choice = completion.choices?.[0]
  const message = choice?.message
  if (choice === undefined || message === null || message === undefined) {
    return yield* Errors.invalid(method, "The answer has no choices")
  }
  if (typeof message.refusal === "string" && message.refusal !== "") return yield* refused(method, message.refusal)
  const parts: Array<Response.PartEncoded> = [metadataPart(completion)]
  const reasoning = Wire.reasoningText(message)
  if (reasoning !== "") parts.push({ type: "reasoning", text: reasoning })
  const text = Wire.contentText(message.content)
  if (text !== "") parts.push({ type: "text", text })
  const calls = yield* Effect.forEach(
    (message.tool_calls ?? []).filter((call) => typeof call.function?.name === "string" && call.function.name !== ""),
    (call) =>
      callPart(method, {
        id: call.id ?? "",
        name: call.function?.name ?? "",
        arguments: call.function?.arguments ?? ""
      })
  )
  parts.push(...calls)
  const reason = finishReason(choice.finish_reason, calls.length > 0)
  if (reason === "content-filter" && text === "" && calls.length === 0) {
    return yield* refused(method, "The provider's content filter stopped the answer")
  }
  parts.push({ type: "finish", reason, usage: usage(completion.usage) })
  return parts
})

interface OpenCall {
  readonly index: number | undefined
  id: string
  name: string
  arguments: string
  announced: boolean
}

/**
 * Turns the chunks of one streamed answer into parts: `chunk` for each, then `end`.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamReader {
  readonly chunk: (chunk: Wire.Chunk) => ReadonlyArray<Response.StreamPartEncoded>
  readonly end: Effect.Effect<ReadonlyArray<Response.StreamPartEncoded>, AiError.AiError, IdGenerator.IdGenerator>
}

/**
 * A reader for one answer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeStreamReader = (method: string): StreamReader => {
  const calls: Array<OpenCall> = []
  let metadataSent = false
  let text = false
  let reasoning = false
  let refusal = ""
  let finish: string | null | undefined
  let reported: Wire.Usage | null | undefined

  // Fragments belong together by index; servers that give none repeat the id, or only continue the last call.
  const openCall = (fragment: Wire.ToolCall): OpenCall => {
    const index = fragment.index ?? undefined
    const id = fragment.id ?? ""
    const known = index !== undefined
      ? calls.find((call) => call.index === index)
      : id !== ""
      ? calls.find((call) => call.id === id)
      : calls[calls.length - 1]
    if (known !== undefined) return known
    const made: OpenCall = { index, id, name: "", arguments: "", announced: false }
    calls.push(made)
    return made
  }

  const closeText = (parts: Array<Response.StreamPartEncoded>) => {
    if (text) parts.push({ type: "text-end", id: "text" })
    text = false
  }
  const closeReasoning = (parts: Array<Response.StreamPartEncoded>) => {
    if (reasoning) parts.push({ type: "reasoning-end", id: "reasoning" })
    reasoning = false
  }

  const chunk = (chunk: Wire.Chunk): ReadonlyArray<Response.StreamPartEncoded> => {
    const parts: Array<Response.StreamPartEncoded> = []
    if (!metadataSent) {
      metadataSent = true
      parts.push(metadataPart(chunk))
    }
    reported = chunk.usage ?? reported
    const choice = chunk.choices?.[0]
    finish = choice?.finish_reason ?? finish
    const delta = choice?.delta
    if (delta === null || delta === undefined) return parts
    refusal += delta.refusal ?? ""
    const thought = Wire.reasoningText(delta)
    if (thought !== "") {
      if (!reasoning) parts.push({ type: "reasoning-start", id: "reasoning" })
      reasoning = true
      parts.push({ type: "reasoning-delta", id: "reasoning", delta: thought })
    }
    const content = Wire.contentText(delta.content)
    if (content !== "") {
      closeReasoning(parts)
      if (!text) parts.push({ type: "text-start", id: "text" })
      text = true
      parts.push({ type: "text-delta", id: "text", delta: content })
    }
    for (const fragment of delta.tool_calls ?? []) {
      closeReasoning(parts)
      closeText(parts)
      const call = openCall(fragment)
      if (call.id === "" && typeof fragment.id === "string") call.id = fragment.id
      if (call.name === "" && typeof fragment.function?.name === "string") call.name = fragment.function.name
      const piece = fragment.function?.arguments
      const added = typeof piece === "string" ? piece : piece === null || piece === undefined ? "" : encodeJson(piece)
      call.arguments += added
      if (!call.announced && call.id !== "" && call.name !== "") {
        call.announced = true
        parts.push({ type: "tool-params-start", id: call.id, name: call.name })
      }
      if (call.announced && added !== "") parts.push({ type: "tool-params-delta", id: call.id, delta: added })
    }
    return parts
  }

  const end = Effect.gen(function*() {
    if (refusal !== "") return yield* refused(method, refusal)
    const parts: Array<Response.StreamPartEncoded> = []
    if (!metadataSent) return yield* Errors.invalid(method, "The stream ended before it began")
    closeReasoning(parts)
    closeText(parts)
    const named = calls.filter((call) => call.name !== "")
    for (const call of named) {
      if (call.announced) parts.push({ type: "tool-params-end", id: call.id })
      parts.push(yield* callPart(method, call))
    }
    parts.push({ type: "finish", reason: finishReason(finish, named.length > 0), usage: usage(reported) })
    return parts
  })

  return { chunk, end }
}

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
