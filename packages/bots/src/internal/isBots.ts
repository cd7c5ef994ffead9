import type { Conversation } from "@wicara/conversations/Conversation"

/** Whether the bot has to speak: what is over belongs to whoever gets it when the customer writes again. */
export const isBots = ({ lifecycle, ownership }: Pick<Conversation, "lifecycle" | "ownership">): boolean =>
  ownership === "bot" && lifecycle !== "resolved" && lifecycle !== "closed"
