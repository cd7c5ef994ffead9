/**
 * How the widget looks, as one style sheet for its shadow root: nothing of the page's style comes in, nothing goes out.
 */
export const styles = `
/* Important here outranks whatever the page says of every element. */
:host {
  all: initial !important;
  position: fixed !important;
  inset: auto 0 0 auto !important;
  z-index: 2147483000 !important;
}
:host([hidden]) { display: none !important; }
@media print { :host { display: none !important; } }

*, *::before, *::after { box-sizing: border-box; }

.root {
  --panel: #ffffff;
  --ground: #f5f7fa;
  --ink: #111a26;
  --soft: #56637a;
  --line: #e2e7ee;
  --theirs: #ffffff;
  --theirs-ink: #111a26;
  --danger: #b42318;
  --notice: #fff4df;
  --notice-ink: #6b4500;
  --shadow: 0 1px 2px rgb(15 23 42 / .08), 0 18px 48px -8px rgb(15 23 42 / .28);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  color: var(--ink);
  -webkit-font-smoothing: antialiased;
  text-align: start;
}
.root[data-mode="dark"] {
  --panel: #131b27;
  --ground: #0c131d;
  --ink: #e9eef6;
  --soft: #9aa8bd;
  --line: #263244;
  --theirs: #1d2838;
  --theirs-ink: #e9eef6;
  --danger: #ff9b8f;
  --notice: #382a0d;
  --notice-ink: #ffdc9a;
  --shadow: 0 0 0 1px rgb(255 255 255 / .06), 0 18px 48px -8px rgb(0 0 0 / .7);
  color-scheme: dark;
}
.root[data-mode="light"] { color-scheme: light; }

button, textarea, input, select {
  font: inherit;
  color: inherit;
  margin: 0;
}
button {
  border: 0;
  background: none;
  padding: 0;
  cursor: pointer;
  -webkit-tap-highlight-color: transparent;
  touch-action: manipulation;
}
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
svg { display: block; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.vh {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.launcher {
  position: fixed;
  inset-block-end: max(20px, env(safe-area-inset-bottom));
  right: 20px;
  width: 60px;
  height: 60px;
  border-radius: 50%;
  display: grid;
  place-items: center;
  background: var(--brand);
  color: var(--on-brand);
  box-shadow: 0 6px 20px rgb(15 23 42 / .3);
  transition: transform .18s ease, box-shadow .18s ease;
}
.root[data-position="left"] .launcher { right: auto; left: 20px; }
.launcher:hover { transform: translateY(-2px) scale(1.03); box-shadow: 0 10px 26px rgb(15 23 42 / .34); }
.launcher:active { transform: scale(.96); }
.launcher svg { grid-area: 1 / 1; transition: transform .22s ease, opacity .22s ease; }
.launcher .icon-close { opacity: 0; transform: rotate(-60deg) scale(.6); }
.launcher[aria-expanded="true"] .icon-close { opacity: 1; transform: none; }
.launcher[aria-expanded="true"] .icon-chat { opacity: 0; transform: rotate(60deg) scale(.6); }
.badge {
  position: absolute;
  inset-block-start: -3px;
  inset-inline-end: -3px;
  min-width: 22px;
  height: 22px;
  padding: 0 6px;
  border-radius: 11px;
  background: #d92d20;
  color: #fff;
  font-size: 12px;
  font-weight: 700;
  line-height: 22px;
  text-align: center;
  box-shadow: 0 0 0 2px #fff;
}
.root[data-mode="dark"] .badge { box-shadow: 0 0 0 2px #0c131d; }

.panel {
  position: fixed;
  inset-block-end: calc(max(20px, env(safe-area-inset-bottom)) + 74px);
  right: 20px;
  width: 384px;
  max-width: calc(100vw - 40px);
  height: min(640px, calc(100dvh - 130px));
  display: flex;
  flex-direction: column;
  overflow: hidden;
  border-radius: 18px;
  background: var(--panel);
  box-shadow: var(--shadow);
  animation: rise .24s cubic-bezier(.2, .8, .25, 1);
}
.root[data-position="left"] .panel { right: auto; left: 20px; }
@keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.985); } }

.header {
  display: flex;
  align-items: center;
  gap: 12px;
  padding: 14px 10px 14px 18px;
  background: var(--brand);
  color: var(--on-brand);
  --focus: currentColor;
}
.header .avatar {
  flex: none;
  width: 40px;
  height: 40px;
  border-radius: 50%;
  display: grid;
  place-items: center;
  background: color-mix(in srgb, currentColor 16%, transparent);
}
.header .words { flex: 1; min-width: 0; }
.header h2 { margin: 0; font-size: 16px; font-weight: 650; line-height: 1.25; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.header p { margin: 2px 0 0; font-size: 13px; line-height: 1.3; display: flex; align-items: center; gap: 6px; }
.header .dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: currentColor; opacity: .55; }
.header .dot[data-live="true"] { background: #4ade80; opacity: 1; box-shadow: 0 0 0 2px rgb(0 0 0 / .15); }
.icon-button { flex: none; width: 44px; height: 44px; border-radius: 12px; display: grid; place-items: center; }
.icon-button:hover { background: color-mix(in srgb, currentColor 12%, transparent); }

.notice { padding: 8px 18px; font-size: 13px; background: var(--notice); color: var(--notice-ink); }

.middle { position: relative; flex: 1; min-height: 0; display: flex; background: var(--ground); }
.log {
  flex: 1;
  min-width: 0;
  overflow-y: auto;
  overscroll-behavior: contain;
  overflow-anchor: none;
  padding: 16px 14px 12px;
  display: flex;
  flex-direction: column;
  scrollbar-width: thin;
  scrollbar-color: color-mix(in srgb, var(--soft) 45%, transparent) transparent;
}
.log:focus-visible { outline-offset: -3px; }
.log > :first-child { margin-top: auto; }
.day { align-self: center; margin: 14px 0 10px; font-size: 12px; font-weight: 600; color: var(--soft); }
.earlier { align-self: center; padding: 8px 14px; border-radius: 999px; font-size: 13px; font-weight: 600; color: var(--brand-ink); }
.earlier:hover { background: color-mix(in srgb, var(--brand-ink) 10%, transparent); }

.row { display: flex; flex-direction: column; max-width: 84%; margin-top: 8px; align-items: flex-start; align-self: flex-start; }
.row[data-from="visitor"] { align-items: flex-end; align-self: flex-end; }
.row[data-joined="true"] { margin-top: 3px; }
.row[data-new="true"] { animation: appear .2s ease-out; }
@keyframes appear { from { opacity: 0; transform: translateY(6px); } }
.bubble {
  max-width: 100%;
  padding: 9px 13px;
  border-radius: 16px;
  background: var(--theirs);
  color: var(--theirs-ink);
  overflow-wrap: anywhere;
  white-space: pre-wrap;
  box-shadow: 0 1px 1px rgb(15 23 42 / .06), 0 0 0 1px color-mix(in srgb, var(--line) 70%, transparent);
}
.row[data-from="business"] .bubble { border-end-start-radius: 5px; }
.row[data-from="visitor"] .bubble { background: var(--brand); color: var(--on-brand); border-end-end-radius: 5px; box-shadow: none; --focus: var(--on-brand); }
.bubble a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
.row[data-from="business"] .bubble a { color: var(--brand-ink); }
.bubble code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; padding: 1px 4px; border-radius: 4px; background: color-mix(in srgb, currentColor 10%, transparent); }
.bubble h3 { margin: 0 0 4px; font-size: 15px; font-weight: 650; }
.bubble .foot { margin: 6px 0 0; font-size: 13px; color: var(--soft); }
.bubble .media { display: block; max-width: 100%; max-height: 260px; border-radius: 10px; margin: 2px 0; }
.bubble .media + span { display: block; margin-top: 6px; }
.bubble .file { display: inline-flex; align-items: center; gap: 8px; vertical-align: bottom; }
.meta { display: flex; align-items: center; gap: 4px; margin: 3px 4px 0; font-size: 12px; color: var(--soft); min-height: 17px; }
.meta svg { width: 16px; height: 16px; }
.meta .read { color: var(--brand-ink); }
.problem { color: var(--danger); }
.problem button { font-weight: 600; text-decoration: underline; text-underline-offset: 2px; padding: 4px; margin: -4px 0; }

.choices { display: flex; flex-direction: column; gap: 6px; margin-top: 6px; align-self: stretch; }
.choices h4 { margin: 6px 2px 0; font-size: 13px; font-weight: 600; color: var(--soft); }
.choice {
  display: block;
  padding: 9px 14px;
  border-radius: 12px;
  border: 1px solid color-mix(in srgb, var(--brand-ink) 45%, transparent);
  background: var(--panel);
  color: var(--brand-ink);
  font-weight: 600;
  text-align: start;
  text-decoration: none;
}
.choice:not(:disabled):hover { background: color-mix(in srgb, var(--brand-ink) 8%, var(--panel)); }
.choice:disabled { cursor: default; border-color: var(--line); color: var(--soft); }
.choice small { display: block; font-weight: 400; color: var(--soft); }

.typing { display: inline-flex; gap: 4px; padding: 13px 15px; }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--soft); animation: hop 1.2s infinite ease-in-out; }
.typing i:nth-child(2) { animation-delay: .15s; }
.typing i:nth-child(3) { animation-delay: .3s; }
@keyframes hop { 0%, 60%, 100% { transform: none; opacity: .5; } 30% { transform: translateY(-4px); opacity: 1; } }

.newest {
  position: absolute;
  inset-block-end: 12px;
  left: 50%;
  translate: -50% 0;
  width: 40px;
  height: 40px;
  border-radius: 50%;
  display: grid;
  place-items: center;
  background: var(--panel);
  color: var(--ink);
  box-shadow: 0 0 0 1px var(--line), 0 4px 14px rgb(15 23 42 / .2);
}

.composer { display: flex; align-items: flex-end; gap: 8px; padding: 10px 10px max(10px, env(safe-area-inset-bottom)) 14px; border-top: 1px solid var(--line); background: var(--panel); }
.composer textarea {
  flex: 1;
  min-width: 0;
  resize: none;
  border: 1px solid color-mix(in srgb, var(--soft) 70%, transparent);
  border-radius: 20px;
  background: var(--ground);
  padding: 9px 15px;
  min-height: 42px;
  max-height: 132px;
  line-height: 1.45;
  font-size: 16px;
  scrollbar-width: thin;
}
.composer textarea::placeholder { color: var(--soft); opacity: 1; }
.composer textarea:focus { outline: 2px solid var(--focus); outline-offset: -1px; border-color: transparent; }
.composer .send { flex: none; width: 42px; height: 42px; border-radius: 50%; display: grid; place-items: center; background: var(--brand); color: var(--on-brand); transition: opacity .15s, transform .15s; }
.composer .send[aria-disabled="true"] { opacity: .45; cursor: default; }
.composer .send:not([aria-disabled="true"]):active { transform: scale(.92); }
.composer .attach { flex: none; width: 42px; height: 42px; margin-inline: -6px -2px; border-radius: 50%; display: grid; place-items: center; color: var(--soft); }
.composer .attach:hover { color: var(--brand-ink); background: color-mix(in srgb, var(--brand-ink) 8%, transparent); }
.chips { list-style: none; margin: 0; padding: 8px 10px 0 14px; display: flex; flex-direction: column; gap: 6px; max-height: 120px; overflow-y: auto; background: var(--panel); border-top: 1px solid var(--line); }
.chips + .composer { border-top: 0; }
.chip { display: flex; align-items: center; gap: 8px; font-size: 13px; overflow-wrap: anywhere; }
.chip > span { flex: 1; min-width: 0; }
.chip svg { flex: none; }
.chip[data-state="refused"] { color: var(--danger); }
.chip progress { width: 80px; accent-color: var(--brand-ink); }
.small { width: 28px; height: 28px; border-radius: 8px; }
.small svg { width: 16px; height: 16px; }
.avatar img { width: 100%; height: 100%; border-radius: 50%; object-fit: cover; }

.form { flex: 1; min-height: 0; overflow-y: auto; padding: 18px; display: flex; flex-direction: column; gap: 14px; }
.form p, .aside p { margin: 0; }
.field { display: flex; flex-direction: column; gap: 4px; }
.field[data-kind="checkbox"] { display: grid; grid-template-columns: auto 1fr; align-items: start; gap: 4px 10px; }
.field[data-kind="checkbox"] input { grid-row: 1; grid-column: 1; width: 24px; height: 24px; accent-color: var(--brand-ink); }
.field[data-kind="checkbox"] .error { grid-column: 1 / -1; }
.field label { font-weight: 600; }
.field[data-kind="checkbox"] label { font-weight: 400; }
.soft { display: inline-block; color: var(--soft); font-weight: 400; margin-inline-start: .35em; }
.form input:not([type="checkbox"]), .form select, .form textarea, .aside input[type="email"], .aside textarea {
  width: 100%;
  min-height: 42px;
  padding: 8px 12px;
  border: 1px solid color-mix(in srgb, var(--soft) 70%, transparent);
  border-radius: 10px;
  background: var(--ground);
  color: var(--ink);
  font-size: 16px;
}
.form select { appearance: auto; }
.form .field [aria-invalid="true"], .aside .line [aria-invalid="true"] { border-color: var(--danger); border-width: 2px; }
.form ::placeholder, .aside ::placeholder { color: var(--soft); opacity: 1; }
.error { color: var(--danger); font-size: 13px; }
.primary { flex: none; min-height: 42px; padding: 8px 18px; border-radius: 12px; background: var(--brand); color: var(--on-brand); font-weight: 650; }
.primary[aria-disabled="true"] { opacity: .6; cursor: default; }

.aside { position: relative; margin: 0; padding: 12px 18px; border-top: 1px solid var(--line); background: var(--panel); font-size: 14px; max-height: 50%; overflow-y: auto; }
.aside label[for] { display: block; margin-top: 6px; font-weight: 600; }
.aside .line { display: flex; gap: 8px; margin-top: 4px; }
.aside .error { margin-top: 6px; }
.rating { display: flex; flex-direction: column; gap: 8px; }
.rating > .icon-button { position: absolute; inset-block-start: 8px; inset-inline-end: 10px; }
.rating fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.rating legend { padding: 0; padding-inline-end: 30px; font-weight: 650; }
.stars { display: flex; gap: 4px; margin-top: 6px; }
.stars label { position: relative; width: 44px; height: 44px; display: grid; place-items: center; border-radius: 12px; cursor: pointer; color: var(--soft); }
.stars label[data-lit="true"] { color: var(--brand-ink); }
.stars label[data-lit="true"] svg { fill: currentColor; }
.stars label:has(:focus-visible) { outline: 3px solid var(--focus); outline-offset: -3px; }
.check { display: flex; align-items: center; gap: 10px; }
.check input { width: 24px; height: 24px; margin: 0; accent-color: var(--brand-ink); }

.greeting {
  position: fixed;
  inset-block-end: calc(max(20px, env(safe-area-inset-bottom)) + 74px);
  right: 20px;
  max-width: min(300px, calc(100vw - 40px));
  display: flex;
  align-items: flex-start;
  gap: 4px;
  padding: 6px;
  border-radius: 16px;
  background: var(--panel);
  box-shadow: var(--shadow);
  animation: rise .24s cubic-bezier(.2, .8, .25, 1);
}
.root[data-position="left"] .greeting { right: auto; left: 20px; }
.greeting .said { flex: 1; padding: 7px 10px; border-radius: 11px; text-align: start; overflow-wrap: anywhere; }
.greeting .said:hover { background: var(--ground); }

.limit { padding: 0 18px 10px; margin: 0; font-size: 13px; color: var(--danger); background: var(--panel); }

@media (max-width: 480px), (max-height: 480px) {
  .panel { inset: 0; width: auto; max-width: none; height: 100dvh; border-radius: 0; }
  .root[data-position="left"] .panel { inset: 0; }
  .header { padding-top: max(14px, env(safe-area-inset-top)); }
  .root[data-open="true"] .launcher { display: none; }
}

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: .01ms !important; animation-iteration-count: 1 !important; transition: none !important; scroll-behavior: auto !important; }
  .typing i { opacity: .8; }
}

@media (forced-colors: active) {
  .launcher, .panel, .bubble, .choice, .composer .send, .newest { border: 1px solid; }
  .composer textarea { border-color: CanvasText; }
}
`
