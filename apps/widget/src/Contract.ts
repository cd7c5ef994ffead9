/**
 * The server's contract as JSON carries it. Types only: nothing of the server's code reaches the browser.
 */
import type {
  OpenSession,
  PostMessage,
  PostProfile,
  PostRating,
  UploadedFile,
  WidgetSession
} from "@wicara/channels-widget/Widget/Api"
import type { WidgetMessage } from "@wicara/channels-widget/WidgetMessage"

export type Session = (typeof WidgetSession)["Encoded"]
export type Message = (typeof WidgetMessage)["Encoded"]
export type Content = Message["content"]
export type NewSession = (typeof OpenSession)["Encoded"]
export type NewMessage = (typeof PostMessage)["Encoded"]
export type NewProfile = (typeof PostProfile)["Encoded"]
export type NewRating = (typeof PostRating)["Encoded"]
export type Uploaded = (typeof UploadedFile)["Encoded"]
export type Identity = NonNullable<NewSession["identity"]>
export type Attributes = NonNullable<NewProfile["attributes"]>
export type Settings = Session["settings"]
export type Form = NonNullable<Settings["form"]>

/** A page of history, newest first. */
export interface MessagePage {
  readonly data: ReadonlyArray<Message>
  readonly nextCursor: string | null
}

/** What the stream sends, its data parsed. */
export type StreamEvent =
  | { readonly event: "message"; readonly id: string; readonly data: Message }
  | { readonly event: "typing"; readonly data: { readonly on: boolean; readonly forMillis: number } }
  | { readonly event: "read"; readonly data: { readonly upTo: string } }
  | { readonly event: "rating"; readonly data: { readonly conversationId: string | null } }
  | { readonly event: "ping" }
