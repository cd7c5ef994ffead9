import type { BuiltIn } from "./index.ts"

const where = "- When: {{at}}\n- Address: {{ip}}\n- Device: {{userAgent}}"

export const en: BuiltIn = {
  templates: {
    verify_email: {
      subject: "Confirm your e-mail address",
      body: "Hello {{recipient}},\n\nConfirm that this is your address.\n\n[Confirm]({{link}})\n\n" +
        "The link holds until {{expiresAt}}. If you did not ask for it, leave it alone."
    },
    reset_password: {
      subject: "Choose a new password",
      body: "Hello {{recipient}},\n\nSomebody, we hope you, asked for a new password for your account.\n\n" +
        "[Choose a new password]({{link}})\n\nThe link works once, until {{expiresAt}}. " +
        "If it was not you, nothing has changed and there is nothing to do."
    },
    invitation: {
      subject: "You are invited to {{organization}}",
      body:
        "Hello {{recipient}},\n\nYou are invited to work in {{organization}}.\n\n[Accept the invitation]({{link}})\n\n" +
        "The invitation holds until {{expiresAt}}."
    },
    sign_in_alert: {
      subject: "Sign-in to your account",
      body: `Hello {{recipient}},\n\n{{reason}}\n\n${where}\n\n` +
        "If it was you, all is well. If not, change your password now and end your other sessions."
    },
    account_changed: {
      subject: "Your account: {{change}}",
      body: `Hello {{recipient}},\n\nSomething of your account was changed: {{change}}.\n\n${where}\n\n` +
        "If it was not you, choose a new password now and tell the administrators of your organization."
    },
    notification: {
      subject: "{{title}}",
      body: "Hello {{recipient}},\n\n{{title}}\n\n{{body}}\n\n[Open]({{url}})\n\n" +
        "You get this because you chose mail for such news; you can change that in your settings."
    },
    digest: {
      subject: "{{count}} unread in {{organization}}",
      body:
        "Hello {{recipient}},\n\nThis is what you have not read in {{organization}}:\n\n{{items}}\n\n[Open]({{url}})"
    },
    test: {
      subject: "A test of mail",
      body: "Hello {{recipient}},\n\nThis message shows that {{organization}} can send mail."
    },
    other: { subject: "News from {{organization}}", body: "Hello {{recipient}},\n\nThere is news in {{organization}}." }
  },
  words: {
    unknown: "unknown",
    "sign_in_alert.reason.new_device": "Somebody signed in to your account from a device that was not used before.",
    "sign_in_alert.reason.after_failures": "Somebody signed in to your account after several wrong passwords.",
    "sign_in_alert.reason.locked": "Your account was locked for a while after many wrong passwords.",
    "account_changed.change.password_changed": "the password was changed",
    "account_changed.change.password_reset": "a new password was chosen",
    "account_changed.change.email_changed": "the e-mail address was changed",
    "account_changed.change.two_factor_enabled": "the second factor was turned on",
    "account_changed.change.two_factor_disabled": "the second factor was turned off",
    "account_changed.change.recovery_code_used": "a recovery code was used",
    "account_changed.change.recovery_codes_renewed": "new recovery codes were made",
    "account_changed.change.passkey_added": "a passkey was added",
    "account_changed.change.passkey_removed": "a passkey was removed",
    "account_changed.change.identity_linked": "another way to sign in was connected",
    "account_changed.change.identity_unlinked": "another way to sign in was disconnected"
  }
}
