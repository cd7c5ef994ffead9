import type { JSX } from "preact"

/** Decorations: what they stand beside says it in words. */
const icon = (size: number, children: JSX.Element, className?: string) => (
  <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" class={className}>{children}</svg>
)

export const ChatIcon = () =>
  icon(
    28,
    <>
      <path d="M21 11.5a8.4 8.4 0 0 1-9 8.4 9.6 9.6 0 0 1-3.6-.7L3.5 20.5l1.3-4.1A8.1 8.1 0 0 1 3 11.5 8.7 8.7 0 0 1 12 3a8.7 8.7 0 0 1 9 8.5Z" />
      <path d="M8.3 11.6h.01M12 11.6h.01M15.7 11.6h.01" stroke-width="2.6" />
    </>,
    "icon-chat"
  )
export const CloseIcon = ({ className }: { readonly className?: string }) =>
  icon(24, <path d="M6 6l12 12M18 6 6 18" />, className)
export const DownIcon = () => icon(20, <path d="m6 9 6 6 6-6" />)
export const SendIcon = () => icon(20, <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" stroke-width="2.4" />)
export const FileIcon = () =>
  icon(20, <path d="M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8l-5-5ZM14 3v5h5" />)
export const WaitingIcon = () =>
  icon(
    16,
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5V12l3 2" />
    </>
  )
export const SentIcon = () => icon(16, <path d="m5 12.5 4.5 4.5L19 7.5" />)
export const ReadIcon = () => icon(16, <path d="m2.5 12.5 4.5 4.5 9.5-9.5M12 16.2l.8.8 9.2-9.5" />, "read")
export const PersonIcon = () =>
  icon(
    24,
    <>
      <path d="M4 13v-1a8 8 0 0 1 16 0v1" />
      <path d="M4 13.5A1.5 1.5 0 0 1 5.5 12H7v6H5.5A1.5 1.5 0 0 1 4 16.5v-3ZM20 13.5a1.5 1.5 0 0 0-1.5-1.5H17v6h1.5a1.5 1.5 0 0 0 1.5-1.5v-3ZM18.5 18v.5A2.5 2.5 0 0 1 16 21h-2.5" />
    </>
  )
export const StarIcon = () =>
  icon(28, <path d="m12 3.6 2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.2-4.1 5.8-.8Z" />, "star")
export const ClipIcon = () =>
  icon(
    22,
    <path d="m20.5 11.6-8.3 8.3a5.4 5.4 0 0 1-7.6-7.6l8.6-8.6a3.6 3.6 0 0 1 5.1 5.1l-8.6 8.6a1.8 1.8 0 0 1-2.5-2.6l7.9-7.9" />
  )
