/**
 * What problems are called and what they say in each language. A detail is written where the problem arises, in English;
 * it is told by those words which of these it is, and so a sentence here has to be the one that is written there.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "./MessageCatalogue.ts"

/**
 * The titles of the problems that every server may answer with, by the last segment of their type.
 *
 * @category texts
 * @since 0.1.0
 */
export const titles = MessageCatalogue.define("problem-titles", {
  "not-found": { en: "Not found", id: "Tidak ditemukan", es: "No encontrado", pt: "Não encontrado" },
  unauthorized: {
    en: "Authentication required",
    id: "Perlu masuk terlebih dahulu",
    es: "Es necesario iniciar sesión",
    pt: "É necessário entrar"
  },
  forbidden: { en: "Permission denied", id: "Tidak diizinkan", es: "Sin permiso", pt: "Sem permissão" },
  "organization-inactive": {
    en: "Organization not active",
    id: "Organisasi tidak aktif",
    es: "La organización no está activa",
    pt: "A organização não está ativa"
  },
  "module-disabled": {
    en: "Module switched off",
    id: "Modul dimatikan",
    es: "Módulo desactivado",
    pt: "Módulo desativado"
  },
  "not-in-plan": {
    en: "Not in the plan",
    id: "Tidak termasuk dalam paket",
    es: "No incluido en el plan",
    pt: "Não incluído no plano"
  },
  "invalid-input": { en: "Invalid input", id: "Masukan tidak valid", es: "Datos no válidos", pt: "Dados inválidos" },
  "invalid-request": {
    en: "Invalid request",
    id: "Permintaan tidak valid",
    es: "Solicitud no válida",
    pt: "Pedido inválido"
  },
  conflict: { en: "Conflict", id: "Konflik", es: "Conflicto", pt: "Conflito" },
  "too-many-requests": {
    en: "Too many requests",
    id: "Terlalu banyak permintaan",
    es: "Demasiadas solicitudes",
    pt: "Pedidos demais"
  },
  unavailable: {
    en: "Service unavailable",
    id: "Layanan tidak tersedia",
    es: "Servicio no disponible",
    pt: "Serviço indisponível"
  },
  "internal-error": { en: "Internal error", id: "Kesalahan internal", es: "Error interno", pt: "Erro interno" },
  "no-such-route": {
    en: "No such route",
    id: "Alamat tidak ada",
    es: "No existe esa dirección",
    pt: "Esse endereço não existe"
  },
  "method-not-allowed": {
    en: "Method not allowed",
    id: "Metode tidak diizinkan",
    es: "Método no permitido",
    pt: "Método não permitido"
  },
  "body-too-large": {
    en: "Body too large",
    id: "Isi terlalu besar",
    es: "Contenido demasiado grande",
    pt: "Conteúdo grande demais"
  },
  "unreadable-body": {
    en: "Unreadable body",
    id: "Isi tidak dapat dibaca",
    es: "Contenido ilegible",
    pt: "Conteúdo ilegível"
  },
  "unsupported-media-type": {
    en: "Unsupported media type",
    id: "Jenis isi tidak didukung",
    es: "Tipo de contenido no admitido",
    pt: "Tipo de conteúdo não suportado"
  },
  "malformed-request": {
    en: "Malformed request",
    id: "Permintaan cacat",
    es: "Solicitud mal formada",
    pt: "Pedido malformado"
  },
  "headers-too-large": {
    en: "Headers too large",
    id: "Header terlalu besar",
    es: "Cabeceras demasiado grandes",
    pt: "Cabeçalhos grandes demais"
  },
  "request-timeout": {
    en: "Request too slow",
    id: "Permintaan terlalu lambat",
    es: "Solicitud demasiado lenta",
    pt: "Pedido lento demais"
  },
  "idempotency-key-reused": {
    en: "Idempotency key reused for another request",
    id: "Kunci idempotensi sudah dipakai untuk permintaan lain",
    es: "Clave de idempotencia usada para otra solicitud",
    pt: "Chave de idempotência usada em outro pedido"
  },
  "idempotency-key-in-flight": {
    en: "A request with this idempotency key is in flight",
    id: "Permintaan dengan kunci idempotensi ini sedang diproses",
    es: "Hay una solicitud en curso con esta clave de idempotencia",
    pt: "Há um pedido em andamento com esta chave de idempotência"
  },
  "revision-mismatch": {
    en: "Changed by somebody else",
    id: "Sudah diubah orang lain",
    es: "Otra persona lo ha cambiado",
    pt: "Alterado por outra pessoa"
  },
  "organization-required": {
    en: "Organization required",
    id: "Organisasi harus dipilih",
    es: "Hay que elegir la organización",
    pt: "É preciso escolher a organização"
  },
  "second-factor-required": {
    en: "Second factor required",
    id: "Perlu faktor kedua",
    es: "Se necesita el segundo factor",
    pt: "É necessário o segundo fator"
  },
  "provider-refused": {
    en: "The sign-in provider did not sign you in",
    id: "Penyedia masuk tidak mengizinkan Anda masuk",
    es: "El proveedor no ha iniciado su sesión",
    pt: "O provedor não autenticou você"
  },
  "link-confirmation-required": {
    en: "Confirm that the account elsewhere is yours",
    id: "Pastikan akun di tempat lain itu milik Anda",
    es: "Confirme que la otra cuenta es suya",
    pt: "Confirme que a outra conta é sua"
  },
  "reauthentication-required": {
    en: "Sign in again to do this",
    id: "Masuk lagi untuk melakukan ini",
    es: "Inicie sesión de nuevo para hacer esto",
    pt: "Entre de novo para fazer isto"
  },
  "two-factor-setup-required": {
    en: "A second factor has to be set up",
    id: "Faktor kedua harus diatur",
    es: "Hay que configurar un segundo factor",
    pt: "É preciso configurar um segundo fator"
  }
}, { use: "problem-titles" })

/**
 * The details that people meet most.
 *
 * @category texts
 * @since 0.1.0
 */
export const details = MessageCatalogue.define("problem-details", {
  notFound: {
    en: "No {resource} \"{id}\" in this organization.",
    id: "Tidak ada {resource} \"{id}\" di organisasi ini.",
    es: "No hay {resource} \"{id}\" en esta organización.",
    pt: "Não há {resource} \"{id}\" nesta organização."
  },
  serverHasNo: {
    en: "This server has no {resource} \"{id}\".",
    id: "Server ini tidak memiliki {resource} \"{id}\".",
    es: "Este servidor no tiene {resource} \"{id}\".",
    pt: "Este servidor não tem {resource} \"{id}\"."
  },
  noSuchRoute: {
    en: "There is no {method} {path}.",
    id: "Tidak ada {method} {path}.",
    es: "No existe {method} {path}.",
    pt: "Não existe {method} {path}."
  },
  nothingHere: {
    en: "There is nothing here.",
    id: "Tidak ada apa-apa di sini.",
    es: "Aquí no hay nada.",
    pt: "Não há nada aqui."
  },
  methodNotAllowed: {
    en: "{path} answers {methods}.",
    id: "{path} hanya menerima {methods}.",
    es: "{path} responde a {methods}.",
    pt: "{path} responde a {methods}."
  },
  tooLarge: {
    en: "The body is larger than this endpoint accepts.",
    id: "Isi permintaan lebih besar dari yang diterima di sini.",
    es: "El contenido es mayor de lo que se acepta aquí.",
    pt: "O conteúdo é maior do que se aceita aqui."
  },
  wrongMediaType: {
    en: "This endpoint does not take {type}.",
    id: "{type} tidak diterima di sini.",
    es: "Aquí no se acepta {type}.",
    pt: "Aqui não se aceita {type}."
  },
  cutShort: {
    en: "The body can't be read: it may have been cut short.",
    id: "Isi permintaan tidak dapat dibaca: mungkin terpotong.",
    es: "No se puede leer el contenido: quizá llegó cortado.",
    pt: "Não é possível ler o conteúdo: talvez tenha chegado cortado."
  },
  needsBearer: {
    en: "This needs a bearer token.",
    id: "Ini memerlukan token (bearer).",
    es: "Esto necesita un token (bearer).",
    pt: "Isto precisa de um token (bearer)."
  },
  unknownToken: {
    en: "This token is unknown, expired or revoked.",
    id: "Token ini tidak dikenal, kedaluwarsa, atau dicabut.",
    es: "Este token es desconocido, ha caducado o fue revocado.",
    pt: "Este token é desconhecido, expirou ou foi revogado."
  },
  wrongPassword: {
    en: "Wrong e-mail address or password.",
    id: "Alamat surel atau kata sandi salah.",
    es: "La dirección de correo o la contraseña no son correctas.",
    pt: "E-mail ou senha incorretos."
  },
  needsPermission: {
    en: "This needs the permission \"{permission}\".",
    id: "Ini memerlukan izin \"{permission}\".",
    es: "Esto necesita el permiso \"{permission}\".",
    pt: "Isto precisa da permissão \"{permission}\"."
  },
  peopleOnly: {
    en: "This is for people, not for API keys.",
    id: "Ini untuk orang, bukan untuk kunci API.",
    es: "Esto es para personas, no para claves de API.",
    pt: "Isto é para pessoas, não para chaves de API."
  },
  notMember: {
    en: "You are not a member of this organization.",
    id: "Anda bukan anggota organisasi ini.",
    es: "Usted no es miembro de esta organización.",
    pt: "Você não é membro desta organização."
  },
  moduleDisabled: {
    en: "This organization does not use {module}.",
    id: "Organisasi ini tidak menggunakan {module}.",
    es: "Esta organización no usa {module}.",
    pt: "Esta organização não usa {module}."
  },
  notInPlan: {
    en: "The organization's plan does not include {module}.",
    id: "Paket organisasi ini tidak mencakup {module}.",
    es: "El plan de la organización no incluye {module}.",
    pt: "O plano da organização não inclui {module}."
  },
  trialEnded: {
    en: "The trial has ended: until this organization is made active, everything can be read and nothing changed.",
    id:
      "Masa percobaan telah berakhir: sampai organisasi ini diaktifkan, semua dapat dibaca tetapi tidak dapat diubah.",
    es: "El período de prueba ha terminado: hasta que se active esta organización se puede leer todo y cambiar nada.",
    pt: "O período de teste terminou: até que esta organização seja ativada, tudo pode ser lido e nada alterado."
  },
  readOnly: {
    en: "This organization is {status}: it can be read and not changed.",
    id: "Organisasi ini berstatus {status}: dapat dibaca, tidak dapat diubah.",
    es: "Esta organización está en estado {status}: se puede leer, no cambiar.",
    pt: "Esta organização está em estado {status}: pode ser lida, não alterada."
  },
  invalidShape: {
    en: "The request does not have the documented shape.",
    id: "Bentuk permintaan tidak sesuai dokumentasi.",
    es: "La solicitud no tiene la forma documentada.",
    pt: "O pedido não tem a forma documentada."
  },
  missingKey: {
    en: "Missing key",
    id: "Tidak ada",
    es: "Falta",
    pt: "Está faltando"
  },
  excessKey: {
    en: "Expected no excess property",
    id: "Properti ini tidak dikenal",
    es: "Esta propiedad sobra",
    pt: "Esta propriedade não é conhecida"
  },
  expectedString: {
    en: "Expected string",
    id: "Harus berupa teks",
    es: "Debe ser un texto",
    pt: "Deve ser um texto"
  },
  expectedNumber: {
    en: "Expected number",
    id: "Harus berupa angka",
    es: "Debe ser un número",
    pt: "Deve ser um número"
  },
  expectedInteger: {
    en: "Expected an integer",
    id: "Harus berupa bilangan bulat",
    es: "Debe ser un número entero",
    pt: "Deve ser um número inteiro"
  },
  expectedBoolean: {
    en: "Expected boolean",
    id: "Harus true atau false",
    es: "Debe ser true o false",
    pt: "Deve ser true ou false"
  },
  expectedArray: {
    en: "Expected array",
    id: "Harus berupa larik",
    es: "Debe ser una lista",
    pt: "Deve ser uma lista"
  },
  expectedObject: {
    en: "Expected object",
    id: "Harus berupa objek",
    es: "Debe ser un objeto",
    pt: "Deve ser um objeto"
  },
  expectedBetween: {
    en: "Expected a value between {minimum} and {maximum}",
    id: "Harus antara {minimum} dan {maximum}",
    es: "Debe estar entre {minimum} y {maximum}",
    pt: "Deve estar entre {minimum} e {maximum}"
  },
  expectedAtMost: {
    en: "Expected a value with a length of at most {length}",
    id: "Panjangnya paling banyak {length}",
    es: "Su longitud es de {length} como máximo",
    pt: "Seu tamanho é de no máximo {length}"
  },
  expectedAtLeast: {
    en: "Expected a value with a length of at least {length}",
    id: "Panjangnya paling sedikit {length}",
    es: "Su longitud es de {length} como mínimo",
    pt: "Seu tamanho é de no mínimo {length}"
  },
  expected: {
    en: "Expected {what}",
    id: "Yang diharapkan: {what}",
    es: "Se esperaba: {what}",
    pt: "Esperava-se: {what}"
  },
  changedMeanwhile: {
    en: "Somebody else changed it at the same time.",
    id: "Orang lain mengubahnya pada saat yang sama.",
    es: "Otra persona lo cambió al mismo tiempo.",
    pt: "Outra pessoa alterou ao mesmo tempo."
  },
  otherRevision: {
    en: "It has revision {current} by now, not {expected}.",
    id: "Revisinya sekarang {current}, bukan {expected}.",
    es: "Ahora tiene la revisión {current}, no la {expected}.",
    pt: "Agora tem a revisão {current}, não a {expected}."
  },
  memberAlready: {
    en: "{email} is a member already.",
    id: "{email} sudah menjadi anggota.",
    es: "{email} ya es miembro.",
    pt: "{email} já é membro."
  },
  invitedAlready: {
    en: "{email} is invited already: send that invitation again.",
    id: "{email} sudah diundang: kirim ulang undangan itu.",
    es: "{email} ya tiene una invitación: envíela de nuevo.",
    pt: "{email} já foi convidado: envie o convite de novo."
  },
  lastOwner: {
    en: "An organization keeps at least one active owner.",
    id: "Organisasi harus memiliki setidaknya satu pemilik aktif.",
    es: "Una organización conserva al menos un propietario activo.",
    pt: "Uma organização mantém ao menos um proprietário ativo."
  },
  moduleNeeds: {
    en: "{module} needs what is switched off: {missing}.",
    id: "{module} memerlukan yang sedang dimatikan: {missing}.",
    es: "{module} necesita lo que está desactivado: {missing}.",
    pt: "{module} precisa do que está desativado: {missing}."
  },
  moduleNeeded: {
    en: "{module} is needed by {others}: switch that off first.",
    id: "{module} diperlukan oleh {others}: matikan itu dahulu.",
    es: "{others} necesita {module}: desactívelo primero.",
    pt: "{others} precisa de {module}: desative-o primeiro."
  },
  moduleFixed: {
    en: "{module} can't be switched off.",
    id: "{module} tidak dapat dimatikan.",
    es: "{module} no se puede desactivar.",
    pt: "{module} não pode ser desativado."
  },
  foreignCursor: {
    en: "This cursor was not made by this list.",
    id: "Kursor ini bukan dari daftar ini.",
    es: "Este cursor no es de esta lista.",
    pt: "Este cursor não é desta lista."
  },
  shortPassword: {
    en: "A password has at least 10 characters.",
    id: "Kata sandi paling sedikit 10 karakter.",
    es: "Una contraseña tiene al menos 10 caracteres.",
    pt: "Uma senha tem pelo menos 10 caracteres."
  },
  commonPassword: {
    en: "This password is among those that attackers try first.",
    id: "Kata sandi ini termasuk yang pertama dicoba penyerang.",
    es: "Esta contraseña es de las que los atacantes prueban primero.",
    pt: "Esta senha é das que os atacantes tentam primeiro."
  },
  linkUsed: {
    en: "This link has been used or has expired: ask for a new one.",
    id: "Tautan ini sudah dipakai atau kedaluwarsa: mintalah yang baru.",
    es: "Este enlace ya se usó o ha caducado: pida uno nuevo.",
    pt: "Este link já foi usado ou expirou: peça um novo."
  },
  notOwnRecovery: {
    en: "Somebody else has to decide on your own second factor.",
    id: "Orang lain yang harus memutuskan tentang faktor kedua Anda sendiri.",
    es: "Otra persona tiene que decidir sobre su propio segundo factor.",
    pt: "Outra pessoa tem de decidir sobre o seu próprio segundo fator."
  },
  recoveryExpired: {
    en: "This request has expired: they have to ask again.",
    id: "Permintaan ini sudah kedaluwarsa: mereka harus meminta lagi.",
    es: "Esta solicitud ha caducado: tiene que pedirlo de nuevo.",
    pt: "Este pedido expirou: é preciso pedir de novo."
  },
  tooManyFailures: {
    en: "Too many failed attempts. Try again later.",
    id: "Terlalu banyak percobaan gagal. Coba lagi nanti.",
    es: "Demasiados intentos fallidos. Vuelva a intentarlo más tarde.",
    pt: "Tentativas falhas demais. Tente de novo mais tarde."
  },
  tooOften: {
    en: "At most {limit} requests in {seconds} seconds for each {caller}.",
    id: "Paling banyak {limit} permintaan dalam {seconds} detik untuk setiap {caller}.",
    es: "Como máximo {limit} solicitudes en {seconds} segundos por {caller}.",
    pt: "No máximo {limit} pedidos em {seconds} segundos por {caller}."
  },
  secondFactor: {
    en: "Give the second factor to go on.",
    id: "Berikan faktor kedua untuk melanjutkan.",
    es: "Dé el segundo factor para continuar.",
    pt: "Informe o segundo fator para continuar."
  },
  databaseAway: {
    en: "The database does not answer; nothing was stored. The same request may be repeated.",
    id: "Basis data tidak menjawab; tidak ada yang disimpan. Permintaan yang sama boleh diulang.",
    es: "La base de datos no responde; no se guardó nada. Se puede repetir la misma solicitud.",
    pt: "O banco de dados não responde; nada foi gravado. O mesmo pedido pode ser repetido."
  },
  internal: {
    en: "Something unexpected happened. It was logged.",
    id: "Terjadi hal yang tidak terduga. Ini sudah dicatat.",
    es: "Ocurrió algo inesperado. Ha quedado registrado.",
    pt: "Aconteceu algo inesperado. Ficou registrado."
  }
}, { use: "problem-details" })

/**
 * The details in English, as they are written where a problem arises.
 *
 * @category texts
 * @since 0.1.0
 */
export const english = MessageCatalogue.say(details, "en")
