/**
 * What people are told of their organization.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { members } from "./CorePermissions.ts"
import * as Notification from "./Notification.ts"
import { platformAdmin } from "./PlatformPermission.ts"

/**
 * Somebody accepted an invitation; told to who invited them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const invitationAccepted = Notification.define("invitation_accepted", {
  names: {
    en: "An invitation of yours was accepted",
    id: "Undangan Anda diterima",
    es: "Aceptaron una invitación tuya",
    pt: "Um convite seu foi aceito"
  },
  values: Schema.Struct({ email: Schema.String }),
  texts: {
    en: {
      title: ({ email }) => `${email} accepted your invitation`,
      body: () => "They are a member of the organization now."
    },
    id: {
      title: ({ email }) => `${email} menerima undangan Anda`,
      body: () => "Sekarang mereka anggota organisasi."
    },
    es: {
      title: ({ email }) => `${email} aceptó tu invitación`,
      body: () => "Ya es miembro de la organización."
    },
    pt: {
      title: ({ email }) => `${email} aceitou seu convite`,
      body: () => "Agora faz parte da organização."
    }
  },
  link: () => "/settings/members",
  permission: members.read
})

/**
 * What somebody may do in an organization was changed by somebody else; told to them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accessChanged = Notification.define("access_changed", {
  names: {
    en: "Your role was changed",
    id: "Peran Anda diubah",
    es: "Cambiaron tu rol",
    pt: "Sua função foi alterada"
  },
  values: Schema.Struct({ role: Schema.String, change: Schema.Literals(["changed", "given", "taken"]) }),
  texts: {
    en: {
      title: ({ change, role }) =>
        change === "taken" ? `The role ${role} was taken from you` : `You have the role ${role} now`,
      body: () => "An administrator changed what you may do. If that surprises you, ask them."
    },
    id: {
      title: ({ change, role }) =>
        change === "taken" ? `Peran ${role} diambil dari Anda` : `Sekarang Anda memiliki peran ${role}`,
      body: () => "Seorang administrator mengubah apa yang boleh Anda lakukan. Jika Anda heran, tanyakan kepadanya."
    },
    es: {
      title: ({ change, role }) => change === "taken" ? `Te quitaron el rol ${role}` : `Ahora tienes el rol ${role}`,
      body: () => "Un administrador cambió lo que puedes hacer. Si te sorprende, pregúntale."
    },
    pt: {
      title: ({ change, role }) =>
        change === "taken" ? `A função ${role} foi tirada de você` : `Agora você tem a função ${role}`,
      body: () => "Um administrador mudou o que você pode fazer. Se isso o surpreende, pergunte."
    }
  },
  link: () => "/account",
  security: true
})

/**
 * A job of the server was given up after its last attempt; told to those who run the server.
 *
 * @category notifications
 * @since 0.1.0
 */
export const jobGivenUp = Notification.define("job_given_up", {
  names: {
    en: "A job of the server was given up",
    id: "Sebuah pekerjaan server gagal",
    es: "Se abandonó una tarea del servidor",
    pt: "Uma tarefa do servidor foi abandonada"
  },
  values: Schema.Struct({ queue: Schema.String, jobId: Schema.String }),
  texts: {
    en: {
      title: ({ queue }) => `A ${queue} job was given up`,
      body: ({ jobId }) => `Job ${jobId} failed on its last attempt. See why, and try it again.`
    },
    id: {
      title: ({ queue }) => `Pekerjaan ${queue} gagal`,
      body: ({ jobId }) => `Pekerjaan ${jobId} gagal pada percobaan terakhir. Periksa sebabnya, lalu coba lagi.`
    },
    es: {
      title: ({ queue }) => `Se abandonó una tarea ${queue}`,
      body: ({ jobId }) => `La tarea ${jobId} falló en su último intento. Mira por qué e inténtalo de nuevo.`
    },
    pt: {
      title: ({ queue }) => `Uma tarefa ${queue} foi abandonada`,
      body: ({ jobId }) => `A tarefa ${jobId} falhou na última tentativa. Veja por quê e tente de novo.`
    }
  },
  link: ({ jobId, queue }) => `/platform/jobs/${encodeURIComponent(queue)}/${encodeURIComponent(jobId)}`,
  channels: { email: "daily" },
  permission: platformAdmin
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const all = [invitationAccepted, accessChanged, jobGivenUp] as const
