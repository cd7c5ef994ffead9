/** What problems say of organizations, their members, their settings and who runs the server. */
import type { Definitions } from "../../MessageCatalogue.ts"

export const organizations = {
  tooFewAdmins: {
    en: "Another platform administrator has to take it from you.",
    id: "Administrator platform lain yang harus mencabutnya dari Anda.",
    es: "Otro administrador de la plataforma tiene que quitárselo.",
    pt: "Outro administrador da plataforma tem de tirá-la de você."
  },
  noSuchUserId: {
    en: "There is no such user \"{id}\".",
    id: "Tidak ada pengguna \"{id}\".",
    es: "No existe el usuario \"{id}\".",
    pt: "Não existe o usuário \"{id}\"."
  },
  onlyPlatformAdmins: {
    en: "Only platform administrators act in other organizations.",
    id: "Hanya administrator platform yang bertindak di organisasi lain.",
    es: "Solo los administradores de la plataforma actúan en otras organizaciones.",
    pt: "Só administradores da plataforma agem em outras organizações."
  },
  sayWhy: {
    en: "Say why in the header {header}, in 3 to 500 characters.",
    id: "Sebutkan alasannya di header {header}, 3 sampai 500 karakter.",
    es: "Diga por qué en la cabecera {header}, con 3 a 500 caracteres.",
    pt: "Diga por quê no cabeçalho {header}, com 3 a 500 caracteres."
  },
  noSuchOrganization: {
    en: "There is no such organization.",
    id: "Organisasi itu tidak ada.",
    es: "No existe esa organización.",
    pt: "Não existe essa organização."
  },
  noOrganizationNamed: {
    en: "There is no organization \"{id}\".",
    id: "Tidak ada organisasi \"{id}\".",
    es: "No existe la organización \"{id}\".",
    pt: "Não existe a organização \"{id}\"."
  },
  deletionScheduledCallOff: {
    en: "Its deletion is scheduled: call that off first.",
    id: "Penghapusannya sudah dijadwalkan: batalkan dahulu.",
    es: "Su eliminación está programada: cancélela primero.",
    pt: "A exclusão dela está agendada: cancele-a primeiro."
  },
  newUserNeedsName: {
    en: "There is no user with this address yet: a new one needs a name.",
    id: "Belum ada pengguna dengan alamat ini: pengguna baru memerlukan nama.",
    es: "Aún no hay un usuario con esta dirección: uno nuevo necesita un nombre.",
    pt: "Ainda não há usuário com este endereço: um novo precisa de um nome."
  },
  userKeepsPassword: {
    en: "There is a user with this address already: their password stays.",
    id: "Sudah ada pengguna dengan alamat ini: kata sandinya tetap.",
    es: "Ya hay un usuario con esta dirección: conserva su contraseña.",
    pt: "Já há um usuário com este endereço: a senha dele fica."
  },
  ownerAlready: {
    en: "You are the owner already.",
    id: "Anda sudah menjadi pemilik.",
    es: "Usted ya es el propietario.",
    pt: "Você já é o proprietário."
  },
  onlyOwnerTransfers: {
    en: "Only an owner hands the organization on.",
    id: "Hanya pemilik yang dapat menyerahkan organisasi.",
    es: "Solo un propietario cede la organización.",
    pt: "Só um proprietário passa a organização adiante."
  },
  suspendedOwner: {
    en: "A suspended member can't be the owner.",
    id: "Anggota yang ditangguhkan tidak dapat menjadi pemilik.",
    es: "Un miembro suspendido no puede ser el propietario.",
    pt: "Um membro suspenso não pode ser o proprietário."
  },
  noSetting: {
    en: "There is no setting \"{key}\".",
    id: "Tidak ada pengaturan \"{key}\".",
    es: "No existe el ajuste \"{key}\".",
    pt: "Não existe a configuração \"{key}\"."
  },
  noValueOfSetting: {
    en: "This is no value of \"{key}\": {reason}",
    id: "Ini bukan nilai untuk \"{key}\": {reason}",
    es: "Esto no es un valor de \"{key}\": {reason}",
    pt: "Isto não é um valor de \"{key}\": {reason}"
  },
  memberOfNone: {
    en: "You are not a member of an organization.",
    id: "Anda bukan anggota organisasi mana pun.",
    es: "Usted no es miembro de ninguna organización.",
    pt: "Você não é membro de nenhuma organização."
  },
  sayWhichOrganization: {
    en: "Say which organization to sign in to.",
    id: "Sebutkan organisasi mana yang ingin dimasuki.",
    es: "Diga en qué organización quiere entrar.",
    pt: "Diga em qual organização quer entrar."
  },
  slugTaken: {
    en: "The address \"{slug}\" is taken.",
    id: "Alamat \"{slug}\" sudah dipakai.",
    es: "La dirección \"{slug}\" ya está en uso.",
    pt: "O endereço \"{slug}\" já está em uso."
  },
  noSuchMember: {
    en: "There is no such member.",
    id: "Anggota itu tidak ada.",
    es: "No existe ese miembro.",
    pt: "Não existe esse membro."
  },
  repeatSlug: {
    en: "Repeat the organization's address, \"{slug}\".",
    id: "Ulangi alamat organisasi, \"{slug}\".",
    es: "Repita la dirección de la organización, \"{slug}\".",
    pt: "Repita o endereço da organização, \"{slug}\"."
  },
  deletionScheduled: {
    en: "The deletion of this organization is scheduled already.",
    id: "Penghapusan organisasi ini sudah dijadwalkan.",
    es: "La eliminación de esta organización ya está programada.",
    pt: "A exclusão desta organização já está agendada."
  },
  noDeletionScheduled: {
    en: "No deletion of this organization is scheduled.",
    id: "Tidak ada penghapusan organisasi ini yang dijadwalkan.",
    es: "No hay ninguna eliminación programada de esta organización.",
    pt: "Não há exclusão desta organização agendada."
  },
  erasureBegun: {
    en: "The erasure has begun and can't be called off.",
    id: "Penghapusan sudah dimulai dan tidak dapat dibatalkan.",
    es: "El borrado ha comenzado y no se puede cancelar.",
    pt: "O apagamento começou e não pode ser cancelado."
  },
  noDeletionAsked: {
    en: "No deletion of this organization was asked for.",
    id: "Tidak ada yang meminta penghapusan organisasi ini.",
    es: "Nadie ha pedido eliminar esta organización.",
    pt: "Ninguém pediu a exclusão desta organização."
  },
  invitesOnlyTo: {
    en: "This organization invites to {domains} only.",
    id: "Organisasi ini hanya mengundang ke {domains}.",
    es: "Esta organización solo invita a {domains}.",
    pt: "Esta organização só convida para {domains}."
  },
  takesNoMembers: {
    en: "{organization} takes no members now.",
    id: "{organization} sedang tidak menerima anggota.",
    es: "{organization} no admite miembros ahora.",
    pt: "{organization} não aceita membros agora."
  },
  accountTakesName: {
    en: "There is no account with this address yet: it takes a name.",
    id: "Belum ada akun dengan alamat ini: perlu nama.",
    es: "Aún no hay una cuenta con esta dirección: hace falta un nombre.",
    pt: "Ainda não há conta com este endereço: é preciso um nome."
  },
  accountTakesPassword: {
    en: "There is no account with this address yet: it takes a password.",
    id: "Belum ada akun dengan alamat ini: perlu kata sandi.",
    es: "Aún no hay una cuenta con esta dirección: hace falta una contraseña.",
    pt: "Ainda não há conta com este endereço: é preciso uma senha."
  },
  invitationWas: {
    en: "This invitation was {state}.",
    id: "Undangan ini sudah berstatus {state}.",
    es: "Esta invitación ya no está abierta ({state}).",
    pt: "Este convite não está mais aberto ({state})."
  },
  sentJustNow: {
    en: "It was sent a moment ago.",
    id: "Baru saja dikirim.",
    es: "Se envió hace un momento.",
    pt: "Foi enviado há um instante."
  },
  invitationSpent: {
    en: "This invitation was used, revoked or has expired: ask for a new one.",
    id: "Undangan ini sudah dipakai, dicabut, atau kedaluwarsa: mintalah yang baru.",
    es: "Esta invitación ya se usó, fue revocada o caducó: pida una nueva.",
    pt: "Este convite já foi usado, revogado ou expirou: peça um novo."
  },
  modulesNoSwitch: {
    en: "Modules have no switch.",
    id: "Modul tidak dapat dinyalakan atau dimatikan.",
    es: "Los módulos no tienen interruptor.",
    pt: "Os módulos não têm interruptor."
  },
  memberOfNoSuch: {
    en: "You are not a member of such an organization.",
    id: "Anda bukan anggota organisasi itu.",
    es: "Usted no es miembro de esa organización.",
    pt: "Você não é membro dessa organização."
  },
  nobodyHere: {
    en: "There is nobody here.",
    id: "Tidak ada siapa-siapa di sini.",
    es: "Aquí no hay nadie.",
    pt: "Não há ninguém aqui."
  },
  onlyTrialsEnd: {
    en: "Only a trial has an end.",
    id: "Hanya masa percobaan yang memiliki akhir.",
    es: "Solo un período de prueba tiene fin.",
    pt: "Só um período de teste tem fim."
  },
  trialEndsLater: {
    en: "A trial ends later than now.",
    id: "Masa percobaan berakhir setelah saat ini.",
    es: "Un período de prueba termina después de ahora.",
    pt: "Um período de teste termina depois de agora."
  },
  otherAddress: {
    en: "This is another organization's address.",
    id: "Ini alamat organisasi lain.",
    es: "Esta es la dirección de otra organización.",
    pt: "Este é o endereço de outra organização."
  },
  madeByOperators: {
    en: "Organizations are made by those who run this server.",
    id: "Organisasi dibuat oleh pengelola server ini.",
    es: "Las organizaciones las crean quienes administran este servidor.",
    pt: "As organizações são criadas por quem administra este servidor."
  }
} as const satisfies Definitions
