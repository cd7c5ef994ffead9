/**
 * What people are told of their organization.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { members, organization, security } from "./CorePermissions.ts"
import * as MessageCatalogue from "./MessageCatalogue.ts"
import * as Notification from "./Notification.ts"
import { platformAdmin } from "./PlatformPermission.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const texts = MessageCatalogue.define("core-notifications", {
  invitation_accepted: {
    en: "An invitation of yours was accepted",
    id: "Undangan Anda diterima",
    es: "Aceptaron una invitación tuya",
    pt: "Um convite seu foi aceito"
  },
  invitation_accepted_title: {
    en: "{email} accepted your invitation",
    id: "{email} menerima undangan Anda",
    es: "{email} aceptó tu invitación",
    pt: "{email} aceitou seu convite"
  },
  invitation_accepted_body: {
    en: "They are a member of the organization now.",
    id: "Sekarang mereka anggota organisasi.",
    es: "Ya es miembro de la organización.",
    pt: "Agora faz parte da organização."
  },
  access_changed: {
    en: "Your role was changed",
    id: "Peran Anda diubah",
    es: "Cambiaron tu rol",
    pt: "Sua função foi alterada"
  },
  access_changed_given: {
    description: "The title when somebody was given a role, or another one.",
    en: "You have the role {role} now",
    id: "Sekarang Anda memiliki peran {role}",
    es: "Ahora tienes el rol {role}",
    pt: "Agora você tem a função {role}"
  },
  access_changed_taken: {
    description: "The title when a role was taken from somebody.",
    en: "The role {role} was taken from you",
    id: "Peran {role} diambil dari Anda",
    es: "Te quitaron el rol {role}",
    pt: "A função {role} foi tirada de você"
  },
  access_changed_body: {
    en: "An administrator changed what you may do. If that surprises you, ask them.",
    id: "Seorang administrator mengubah apa yang boleh Anda lakukan. Jika Anda heran, tanyakan kepadanya.",
    es: "Un administrador cambió lo que puedes hacer. Si te sorprende, pregúntale.",
    pt: "Um administrador mudou o que você pode fazer. Se isso o surpreende, pergunte."
  },
  factor_recovery: {
    en: "Your second factor is to be removed",
    id: "Faktor kedua Anda akan dihapus",
    es: "Se quitará tu segundo factor",
    pt: "O seu segundo fator será removido"
  },
  factor_recovery_requested_title: {
    en: "You asked to have your second factor removed",
    id: "Anda meminta faktor kedua dihapus",
    es: "Pediste quitar tu segundo factor",
    pt: "Você pediu a remoção do seu segundo fator"
  },
  factor_recovery_approved_title: {
    en: "Your second factor is removed within a day",
    id: "Faktor kedua Anda dihapus dalam satu hari",
    es: "Tu segundo factor se quita dentro de un día",
    pt: "O seu segundo fator será removido em um dia"
  },
  factor_recovery_stays_title: {
    description: "The title when it was stopped, refused, or approved by nobody in time.",
    en: "Your second factor stays",
    id: "Faktor kedua Anda tetap berlaku",
    es: "Tu segundo factor sigue en pie",
    pt: "O seu segundo fator permanece"
  },
  factor_recovery_done_title: {
    en: "Your second factor was removed",
    id: "Faktor kedua Anda dihapus",
    es: "Se quitó tu segundo factor",
    pt: "O seu segundo fator foi removido"
  },
  factor_recovery_body: {
    en: "If that was not you, stop it in your account and change your password.",
    id: "Jika bukan Anda, hentikan di akun Anda dan ubah kata sandi.",
    es: "Si no fuiste tú, detenlo en tu cuenta y cambia tu contraseña.",
    pt: "Se não foi você, interrompa na sua conta e mude a sua senha."
  },
  factor_recovery_asked: {
    en: "A member lost their second factor",
    id: "Seorang anggota kehilangan faktor kedua",
    es: "Un miembro perdió su segundo factor",
    pt: "Um membro perdeu o segundo fator"
  },
  factor_recovery_asked_title: {
    en: "{email} lost their second factor",
    id: "{email} kehilangan faktor kedua",
    es: "{email} perdió su segundo factor",
    pt: "{email} perdeu o segundo fator"
  },
  factor_recovery_asked_body: {
    en: "Make sure by another way than mail that it is them, then approve or refuse.",
    id: "Pastikan dengan cara selain email bahwa itu benar mereka, lalu setujui atau tolak.",
    es: "Asegúrate por otra vía que no sea el correo de que es esa persona; después aprueba o rechaza.",
    pt: "Confirme por outro meio que não o e-mail que é mesmo a pessoa; depois aprove ou recuse."
  },
  trial_ending: {
    en: "The organization's trial is about to end",
    id: "Masa percobaan organisasi segera berakhir",
    es: "El período de prueba de la organización está por terminar",
    pt: "O período de teste da organização está para terminar"
  },
  trial_ending_title: {
    en: { one: "The trial ends within a day", other: "The trial ends within {count} days" },
    id: { other: "Masa percobaan berakhir dalam {count} hari" },
    es: {
      one: "El período de prueba termina en menos de un día",
      other: "El período de prueba termina en {count} días como mucho"
    },
    pt: {
      one: "O período de teste termina em menos de um dia",
      other: "O período de teste termina em até {count} dias"
    }
  },
  trial_ended: {
    en: "The organization's trial has ended",
    id: "Masa percobaan organisasi telah berakhir",
    es: "El período de prueba de la organización ha terminado",
    pt: "O período de teste da organização terminou"
  },
  trial_body: {
    description: "Below both.",
    en: "After its end everything can be read and exported, and nothing is changed or sent.",
    id: "Setelah berakhir, semua dapat dibaca dan diekspor, tetapi tidak ada yang diubah atau dikirim.",
    es: "Después se puede leer y exportar todo, pero no se cambia ni se envía nada.",
    pt: "Depois disso, tudo pode ser lido e exportado, mas nada é alterado nem enviado."
  },
  job_given_up: {
    en: "A job of the server was given up",
    id: "Sebuah pekerjaan server gagal",
    es: "Se abandonó una tarea del servidor",
    pt: "Uma tarefa do servidor foi abandonada"
  },
  job_given_up_title: {
    en: "A {queue} job was given up",
    id: "Pekerjaan {queue} gagal",
    es: "Se abandonó una tarea {queue}",
    pt: "Uma tarefa {queue} foi abandonada"
  },
  job_given_up_body: {
    en: "Job {jobId} failed on its last attempt. See why, and try it again.",
    id: "Pekerjaan {jobId} gagal pada percobaan terakhir. Periksa sebabnya, lalu coba lagi.",
    es: "La tarea {jobId} falló en su último intento. Mira por qué e inténtalo de nuevo.",
    pt: "A tarefa {jobId} falhou na última tentativa. Veja por quê e tente de novo."
  }
})

/**
 * Somebody accepted an invitation; told to who invited them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const invitationAccepted = Notification.define("invitation_accepted", {
  texts,
  values: Schema.Struct({ email: Schema.String }),
  title: (say, { email }) => say("invitation_accepted_title", { email }),
  body: (say) => say("invitation_accepted_body"),
  path: () => "/settings/members",
  permission: members.read
})

/**
 * What somebody may do in an organization was changed by somebody else; told to them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accessChanged = Notification.define("access_changed", {
  texts,
  values: Schema.Struct({ role: Schema.String, change: Schema.Literals(["changed", "given", "taken"]) }),
  title: (say, { change, role }) => say(change === "taken" ? "access_changed_taken" : "access_changed_given", { role }),
  body: (say) => say("access_changed_body"),
  path: () => "/account",
  security: true
})

/**
 * How far the recovery of somebody's second factor is; told to them, wherever they are still signed in.
 *
 * @category notifications
 * @since 0.1.0
 */
export const factorRecovery = Notification.define("factor_recovery", {
  texts,
  values: Schema.Struct({ step: Schema.Literals(["requested", "approved", "stopped", "refused", "expired", "done"]) }),
  title: (say, { step }) =>
    step === "requested"
      ? say("factor_recovery_requested_title")
      : step === "approved"
      ? say("factor_recovery_approved_title")
      : step === "done"
      ? say("factor_recovery_done_title")
      : say("factor_recovery_stays_title"),
  body: (say) => say("factor_recovery_body"),
  // The mail about it is one of the account, which nobody switches off, and has a link that stops it.
  path: () => "/account"
})

/**
 * A member asks to come back without their second factor; told to those who decide.
 *
 * @category notifications
 * @since 0.1.0
 */
export const factorRecoveryAsked = Notification.define("factor_recovery_asked", {
  texts,
  values: Schema.Struct({ email: Schema.String }),
  title: (say, { email }) => say("factor_recovery_asked_title", { email }),
  body: (say) => say("factor_recovery_asked_body"),
  path: () => "/settings/members",
  permission: security.recover
})

/**
 * The trial ends in a few days; told to those who may change the organization.
 *
 * @category notifications
 * @since 0.1.0
 */
export const trialEnding = Notification.define("trial_ending", {
  texts,
  values: Schema.Struct({ days: Schema.Int }),
  title: (say, { days }) => say("trial_ending_title", { count: days }),
  body: (say) => say("trial_body"),
  path: () => "/settings/organization",
  channels: { email: "at_once" },
  permission: organization.write
})

/**
 * The trial is over and the organization suspended; told to those who may change it.
 *
 * @category notifications
 * @since 0.1.0
 */
export const trialEnded = Notification.define("trial_ended", {
  texts,
  values: Schema.Struct({ days: Schema.Int }),
  title: (say) => say("trial_ended"),
  body: (say) => say("trial_body"),
  path: () => "/settings/organization",
  channels: { email: "at_once" },
  permission: organization.write
})

/**
 * A job of the server was given up after its last attempt; told to those who run the server.
 *
 * @category notifications
 * @since 0.1.0
 */
export const jobGivenUp = Notification.define("job_given_up", {
  texts,
  values: Schema.Struct({ queue: Schema.String, jobId: Schema.String }),
  title: (say, { queue }) => say("job_given_up_title", { queue }),
  body: (say, { jobId }) => say("job_given_up_body", { jobId }),
  path: ({ jobId, queue }) => `/platform/jobs/${encodeURIComponent(queue)}/${encodeURIComponent(jobId)}`,
  channels: { email: "daily" },
  permission: platformAdmin
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const all = [
  invitationAccepted,
  accessChanged,
  factorRecovery,
  factorRecoveryAsked,
  trialEnding,
  trialEnded,
  jobGivenUp
] as const
