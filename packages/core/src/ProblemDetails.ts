/**
 * What the core's problems say beyond what people meet most (`ProblemTexts.details`), and the words for what is named in
 * them. A detail is written where the problem arises, in English, and is told by those words.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "./MessageCatalogue.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const details = MessageCatalogue.define("core-problem-details", {
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
  noJobInQueue: {
    en: "There is no job \"{id}\" in {queue}.",
    id: "Tidak ada pekerjaan \"{id}\" di {queue}.",
    es: "No hay una tarea \"{id}\" en {queue}.",
    pt: "Não há uma tarefa \"{id}\" em {queue}."
  },
  noQueue: {
    en: "There is no queue \"{name}\".",
    id: "Tidak ada antrean \"{name}\".",
    es: "No existe la cola \"{name}\".",
    pt: "Não existe a fila \"{name}\"."
  },
  onlyGivenUpRetried: {
    en: "Only jobs that were given up are tried again.",
    id: "Hanya pekerjaan yang sudah gagal yang dicoba lagi.",
    es: "Solo se reintentan las tareas abandonadas.",
    pt: "Só se tentam de novo as tarefas abandonadas."
  },
  jobWorkedOn: {
    en: "This job is being worked on at this moment.",
    id: "Pekerjaan ini sedang dikerjakan.",
    es: "Esta tarea se está realizando en este momento.",
    pt: "Esta tarefa está sendo feita neste momento."
  },
  passwordOfName: {
    en: "This password is made of a name that is easy to guess.",
    id: "Kata sandi ini dibuat dari nama yang mudah ditebak.",
    es: "Esta contraseña se basa en un nombre fácil de adivinar.",
    pt: "Esta senha é feita de um nome fácil de adivinhar."
  },
  passwordBreached: {
    en: "This password is known from a breach of another service.",
    id: "Kata sandi ini diketahui dari kebocoran layanan lain.",
    es: "Esta contraseña se conoce por una filtración de otro servicio.",
    pt: "Esta senha é conhecida de um vazamento de outro serviço."
  },
  tokenStale: {
    en: "This token has done its hour: refresh it (POST /v1/sessions/refresh).",
    id: "Token ini sudah lewat satu jam: perbarui (POST /v1/sessions/refresh).",
    es: "Este token ya cumplió su hora: renuévelo (POST /v1/sessions/refresh).",
    pt: "Este token já cumpriu a sua hora: renove-o (POST /v1/sessions/refresh)."
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
  setUpSecondFactor: {
    en: "This organization asks for a second factor: set one up to go on.",
    id: "Organisasi ini meminta faktor kedua: atur dahulu untuk melanjutkan.",
    es: "Esta organización pide un segundo factor: configúrelo para continuar.",
    pt: "Esta organização pede um segundo fator: configure-o para continuar."
  },
  noSignInProvider: {
    en: "There is no sign-in provider \"{id}\".",
    id: "Tidak ada penyedia masuk \"{id}\".",
    es: "No existe el proveedor de acceso \"{id}\".",
    pt: "Não existe o provedor de acesso \"{id}\"."
  },
  otherLinked: {
    en: "Another account of this provider is linked: unlink it first.",
    id: "Akun lain dari penyedia ini sudah terhubung: putuskan dahulu.",
    es: "Ya hay otra cuenta de este proveedor vinculada: desvincúlela primero.",
    pt: "Outra conta deste provedor está vinculada: desvincule-a primeiro."
  },
  linkedToOther: {
    en: "This account elsewhere is linked to somebody else.",
    id: "Akun di tempat lain ini terhubung dengan orang lain.",
    es: "Esa otra cuenta está vinculada a otra persona.",
    pt: "Essa outra conta está vinculada a outra pessoa."
  },
  notLinked: {
    en: "No account here is linked to this one at {provider}. Sign in another way and link it.",
    id: "Tidak ada akun di sini yang terhubung dengan akun {provider} ini. Masuk dengan cara lain lalu hubungkan.",
    es: "Ninguna cuenta está vinculada a esta de {provider}. Inicie sesión de otra forma y vincúlela.",
    pt: "Nenhuma conta aqui está vinculada a esta de {provider}. Entre de outra forma e vincule-a."
  },
  confirmLink: {
    en: "Confirm that your account at {provider} may sign in to the one here from now on.",
    id: "Pastikan bahwa mulai sekarang akun {provider} Anda boleh masuk ke akun di sini.",
    es: "Confirme que su cuenta de {provider} podrá iniciar sesión en esta de ahora en adelante.",
    pt: "Confirme que a sua conta de {provider} pode entrar nesta a partir de agora."
  },
  linkedNone: {
    en: "You have linked no account of \"{provider}\".",
    id: "Anda tidak menghubungkan akun \"{provider}\".",
    es: "No ha vinculado ninguna cuenta de \"{provider}\".",
    pt: "Você não vinculou nenhuma conta de \"{provider}\"."
  },
  onlyWayIn: {
    en: "This is your only way in: set a password or add a passkey first.",
    id: "Ini satu-satunya cara Anda masuk: buat kata sandi atau tambah kunci sandi dahulu.",
    es: "Es su única forma de entrar: ponga primero una contraseña o una llave de acceso.",
    pt: "É a sua única forma de entrar: defina antes uma senha ou uma chave de acesso."
  },
  providerOverdue: {
    en: "This sign-in has expired, was used, or began elsewhere: begin again.",
    id: "Proses masuk ini kedaluwarsa, sudah dipakai, atau dimulai di tempat lain: mulai lagi.",
    es: "Este inicio de sesión caducó, ya se usó o empezó en otro lugar: empiece de nuevo.",
    pt: "Este acesso expirou, já foi usado ou começou em outro lugar: comece de novo."
  },
  providerAway: {
    en: "The sign-in provider does not answer. Try again later, or sign in another way.",
    id: "Penyedia masuk tidak menjawab. Coba lagi nanti, atau masuk dengan cara lain.",
    es: "El proveedor de acceso no responde. Inténtelo más tarde o entre de otra forma.",
    pt: "O provedor de acesso não responde. Tente mais tarde ou entre de outra forma."
  },
  providerSilent: {
    en: "The sign-in provider did not say who you are. Begin again, or sign in another way.",
    id: "Penyedia masuk tidak menyebut siapa Anda. Mulai lagi, atau masuk dengan cara lain.",
    es: "El proveedor de acceso no dijo quién es usted. Empiece de nuevo o entre de otra forma.",
    pt: "O provedor de acesso não disse quem é você. Comece de novo ou entre de outra forma."
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
  noRole: {
    en: "There is no role \"{role}\".",
    id: "Tidak ada peran \"{role}\".",
    es: "No existe el rol \"{role}\".",
    pt: "Não existe a função \"{role}\"."
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
  keptOut: {
    en: "This {caller} is kept out for a time, because it asked too often.",
    id: "{caller} ini ditolak sementara, karena terlalu sering meminta.",
    es: "{caller}: bloqueado por un tiempo, porque pidió demasiado a menudo.",
    pt: "{caller}: bloqueado por um tempo, porque pediu vezes demais."
  },
  tooManyAtOnce: {
    en: "Too many are signing in at once.",
    id: "Terlalu banyak yang masuk bersamaan.",
    es: "Demasiadas personas inician sesión a la vez.",
    pt: "Gente demais está entrando ao mesmo tempo."
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
  noPermission: {
    en: "There is no permission \"{permission}\".",
    id: "Tidak ada izin \"{permission}\".",
    es: "No existe el permiso \"{permission}\".",
    pt: "Não existe a permissão \"{permission}\"."
  },
  machineLacks: {
    en: "The machine user has no permission \"{permission}\".",
    id: "Pengguna mesin tidak memiliki izin \"{permission}\".",
    es: "El usuario de máquina no tiene el permiso \"{permission}\".",
    pt: "O usuário de máquina não tem a permissão \"{permission}\"."
  },
  machineNoOwner: {
    en: "A machine user is no owner.",
    id: "Pengguna mesin tidak dapat menjadi pemilik.",
    es: "Un usuario de máquina no es propietario.",
    pt: "Um usuário de máquina não é proprietário."
  },
  inThePast: {
    en: "This lies in the past.",
    id: "Ini sudah lewat.",
    es: "Esto está en el pasado.",
    pt: "Isto está no passado."
  },
  revokedKey: {
    en: "A revoked key can't be rotated.",
    id: "Kunci yang dicabut tidak dapat diganti.",
    es: "Una clave revocada no se puede rotar.",
    pt: "Uma chave revogada não pode ser trocada."
  },
  keyRotatedNow: {
    en: "Somebody else rotates this key at this moment.",
    id: "Orang lain sedang mengganti kunci ini.",
    es: "Otra persona está rotando esta clave en este momento.",
    pt: "Outra pessoa está trocando esta chave neste momento."
  },
  keyFromElsewhere: {
    en: "This key may not be used from this address.",
    id: "Kunci ini tidak boleh dipakai dari alamat ini.",
    es: "Esta clave no se puede usar desde esta dirección.",
    pt: "Esta chave não pode ser usada deste endereço."
  },
  noAddressNorNetwork: {
    en: "This is neither an address nor a network.",
    id: "Ini bukan alamat maupun jaringan.",
    es: "Esto no es una dirección ni una red.",
    pt: "Isto não é um endereço nem uma rede."
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
  unknownPasskey: {
    en: "This passkey is not known here.",
    id: "Kunci sandi ini tidak dikenal di sini.",
    es: "Esta llave de acceso no se conoce aquí.",
    pt: "Esta chave de acesso não é conhecida aqui."
  },
  provesNothing: {
    en: "This does not prove who you are.",
    id: "Ini tidak membuktikan siapa Anda.",
    es: "Esto no prueba quién es usted.",
    pt: "Isto não prova quem é você."
  },
  proveAgain: {
    en: "Prove who you are once more (POST /v1/sessions/current/reauthenticate), and repeat this.",
    id: "Buktikan sekali lagi siapa Anda (POST /v1/sessions/current/reauthenticate), lalu ulangi.",
    es: "Pruebe otra vez quién es (POST /v1/sessions/current/reauthenticate) y repita esto.",
    pt: "Prove mais uma vez quem é você (POST /v1/sessions/current/reauthenticate) e repita."
  },
  signInOverdue: {
    en: "This sign-in has expired or failed too often: begin again.",
    id: "Proses masuk ini kedaluwarsa atau terlalu sering gagal: mulai lagi.",
    es: "Este inicio de sesión caducó o falló demasiadas veces: empiece de nuevo.",
    pt: "Este acesso expirou ou falhou vezes demais: comece de novo."
  },
  wrongCode: {
    en: "This code is wrong.",
    id: "Kode ini salah.",
    es: "Este código es incorrecto.",
    pt: "Este código está errado."
  },
  usedCode: {
    en: "This code was used already: wait for the next one.",
    id: "Kode ini sudah dipakai: tunggu kode berikutnya.",
    es: "Este código ya se usó: espere al siguiente.",
    pt: "Este código já foi usado: espere o próximo."
  },
  staleCode: {
    en: "This code is no longer shown: enter the one that is.",
    id: "Kode ini tidak lagi ditampilkan: masukkan yang sedang ditampilkan.",
    es: "Este código ya no se muestra: introduzca el que sí.",
    pt: "Este código não é mais mostrado: digite o que é."
  },
  teamTaken: {
    en: "There is a team \"{name}\" already.",
    id: "Sudah ada tim \"{name}\".",
    es: "Ya existe un equipo \"{name}\".",
    pt: "Já existe uma equipe \"{name}\"."
  },
  rolesOfTeam: {
    en: "Roles were given for this team; take them back first.",
    id: "Ada peran yang diberikan untuk tim ini; cabut dahulu.",
    es: "Hay roles dados para este equipo; retírelos primero.",
    pt: "Há funções dadas para esta equipe; retire-as primeiro."
  },
  secondFactorYourself: {
    en: "Sign in with a second factor yourself first: with one you could not act in the organization.",
    id: "Masuklah dahulu dengan faktor kedua: jika tidak, Anda sendiri tidak dapat bertindak di organisasi.",
    es: "Inicie primero sesión con un segundo factor: si no, usted mismo no podría actuar en la organización.",
    pt: "Entre antes com um segundo fator: sem ele, você mesmo não poderia agir na organização."
  },
  slugTaken: {
    en: "The address \"{slug}\" is taken.",
    id: "Alamat \"{slug}\" sudah dipakai.",
    es: "La dirección \"{slug}\" ya está en uso.",
    pt: "O endereço \"{slug}\" já está em uso."
  },
  notCurrentPassword: {
    en: "This is not the current password.",
    id: "Ini bukan kata sandi saat ini.",
    es: "Esta no es la contraseña actual.",
    pt: "Esta não é a senha atual."
  },
  noSuchTeam: {
    en: "There is no such team.",
    id: "Tim itu tidak ada.",
    es: "No existe ese equipo.",
    pt: "Não existe essa equipe."
  },
  noSuchAccount: {
    en: "There is no such channel account.",
    id: "Akun kanal itu tidak ada.",
    es: "No existe esa cuenta de canal.",
    pt: "Não existe essa conta de canal."
  },
  noSuchMember: {
    en: "There is no such member.",
    id: "Anggota itu tidak ada.",
    es: "No existe ese miembro.",
    pt: "Não existe esse membro."
  },
  noSchedule: {
    en: "There is no schedule \"{name}\".",
    id: "Tidak ada jadwal \"{name}\".",
    es: "No existe la programación \"{name}\".",
    pt: "Não existe o agendamento \"{name}\"."
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
  notUtf8: {
    en: "The body is not valid UTF-8.",
    id: "Isi permintaan bukan UTF-8 yang sah.",
    es: "El contenido no es UTF-8 válido.",
    pt: "O conteúdo não é UTF-8 válido."
  },
  nestedBeyond: {
    en: "The body is nested deeper than {levels} levels.",
    id: "Isi permintaan bersarang lebih dari {levels} tingkat.",
    es: "El contenido está anidado a más de {levels} niveles.",
    pt: "O conteúdo está aninhado a mais de {levels} níveis."
  },
  nestedTooDeeply: {
    en: "The body is nested too deeply.",
    id: "Isi permintaan bersarang terlalu dalam.",
    es: "El contenido está anidado demasiado profundamente.",
    pt: "O conteúdo está aninhado demais."
  },
  malformedMultipart: {
    en: "The multipart body is malformed.",
    id: "Isi multipart tidak benar.",
    es: "El contenido multipart está mal formado.",
    pt: "O conteúdo multipart está malformado."
  },
  bodyTooSlow: {
    en: "The body did not arrive in time.",
    id: "Isi permintaan tidak tiba tepat waktu.",
    es: "El contenido no llegó a tiempo.",
    pt: "O conteúdo não chegou a tempo."
  },
  notHttp: {
    en: "This is not a valid HTTP/1.1 request.",
    id: "Ini bukan permintaan HTTP/1.1 yang sah.",
    es: "Esto no es una solicitud HTTP/1.1 válida.",
    pt: "Isto não é um pedido HTTP/1.1 válido."
  },
  largeHeaders: {
    en: "The request's headers are larger than 16 kB.",
    id: "Header permintaan lebih besar dari 16 kB.",
    es: "Las cabeceras de la solicitud superan los 16 kB.",
    pt: "Os cabeçalhos do pedido passam de 16 kB."
  },
  chunkExtensions: {
    en: "The chunks of the body carry too many extensions.",
    id: "Potongan isi permintaan membawa terlalu banyak ekstensi.",
    es: "Los fragmentos del contenido llevan demasiadas extensiones.",
    pt: "Os fragmentos do conteúdo trazem extensões demais."
  },
  requestTooSlow: {
    en: "The request did not arrive in time.",
    id: "Permintaan tidak tiba tepat waktu.",
    es: "La solicitud no llegó a tiempo.",
    pt: "O pedido não chegou a tempo."
  },
  noProblemNamed: {
    en: "There is no problem of that name.",
    id: "Tidak ada masalah dengan nama itu.",
    es: "No hay ningún problema con ese nombre.",
    pt: "Não há problema com esse nome."
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
  keyShape: {
    en: "An idempotency key has 1 to 190 visible ASCII characters.",
    id: "Kunci idempotensi memiliki 1 sampai 190 karakter ASCII yang terlihat.",
    es: "Una clave de idempotencia tiene de 1 a 190 caracteres ASCII visibles.",
    pt: "Uma chave de idempotência tem de 1 a 190 caracteres ASCII visíveis."
  },
  keyInFlight: {
    en: "Repeat the request a little later to get its answer.",
    id: "Ulangi permintaan sebentar lagi untuk mendapat jawabannya.",
    es: "Repita la solicitud un poco más tarde para obtener su respuesta.",
    pt: "Repita o pedido um pouco mais tarde para obter a resposta."
  },
  keyReused: {
    en: "This key was used for another request; use a new key, or repeat that request unchanged.",
    id: "Kunci ini dipakai untuk permintaan lain; pakai kunci baru, atau ulangi permintaan itu tanpa perubahan.",
    es: "Esta clave se usó para otra solicitud; use una nueva o repita aquella sin cambios.",
    pt: "Esta chave foi usada em outro pedido; use uma nova ou repita aquele sem mudanças."
  },
  userTaken: {
    en: "There is a user with the address {email} already.",
    id: "Sudah ada pengguna dengan alamat {email}.",
    es: "Ya hay un usuario con la dirección {email}.",
    pt: "Já há um usuário com o endereço {email}."
  },
  addressOfOther: {
    en: "This address belongs to somebody else's account by now.",
    id: "Alamat ini sekarang milik akun orang lain.",
    es: "Esta dirección pertenece ahora a la cuenta de otra persona.",
    pt: "Este endereço já pertence à conta de outra pessoa."
  },
  roleCycle: {
    en: "The role would inherit itself: {cycle}.",
    id: "Peran itu akan mewarisi dirinya sendiri: {cycle}.",
    es: "El rol se heredaría a sí mismo: {cycle}.",
    pt: "A função herdaria a si mesma: {cycle}."
  },
  noPermissionGroup: {
    en: "There is no permission group \"{group}\".",
    id: "Tidak ada kelompok izin \"{group}\".",
    es: "No existe el grupo de permisos \"{group}\".",
    pt: "Não existe o grupo de permissões \"{group}\"."
  },
  roleEverywhere: {
    en: "The role \"{key}\" is the same in every organization; make one of your own.",
    id: "Peran \"{key}\" sama di setiap organisasi; buatlah peran sendiri.",
    es: "El rol \"{key}\" es igual en todas las organizaciones; cree uno propio.",
    pt: "A função \"{key}\" é igual em todas as organizações; crie uma própria."
  },
  roleTaken: {
    en: "There is a role \"{key}\" already.",
    id: "Sudah ada peran \"{key}\".",
    es: "Ya existe un rol \"{key}\".",
    pt: "Já existe uma função \"{key}\"."
  },
  rolesAtMost: {
    en: "An organization has {count} roles of its own at most.",
    id: "Sebuah organisasi paling banyak memiliki {count} peran sendiri.",
    es: "Una organización tiene como máximo {count} roles propios.",
    pt: "Uma organização tem no máximo {count} funções próprias."
  },
  rolesInherit: {
    en: "Other roles inherit it: {roles}.",
    id: "Peran lain mewarisinya: {roles}.",
    es: "Otros roles lo heredan: {roles}.",
    pt: "Outras funções a herdam: {roles}."
  },
  membersHaveRole: {
    en: "Members have this role; give them another one first.",
    id: "Ada anggota dengan peran ini; beri mereka peran lain dahulu.",
    es: "Hay miembros con este rol; deles otro primero.",
    pt: "Há membros com esta função; dê-lhes outra primeiro."
  },
  keyFirst: {
    en: "Ask for a key first, and add it to an authenticator app.",
    id: "Mintalah kunci dahulu, lalu tambahkan ke aplikasi autentikator.",
    es: "Pida primero una clave y añádala a una aplicación de autenticación.",
    pt: "Peça antes uma chave e adicione-a a um aplicativo autenticador."
  },
  notShownCode: {
    en: "This is not the code that the app shows now.",
    id: "Ini bukan kode yang ditampilkan aplikasi sekarang.",
    es: "Este no es el código que muestra ahora la aplicación.",
    pt: "Este não é o código que o aplicativo mostra agora."
  },
  secondFactorOff: {
    en: "The second factor is not turned on.",
    id: "Faktor kedua tidak aktif.",
    es: "El segundo factor no está activado.",
    pt: "O segundo fator não está ativado."
  },
  secondFactorOn: {
    en: "The second factor is turned on already.",
    id: "Faktor kedua sudah aktif.",
    es: "El segundo factor ya está activado.",
    pt: "O segundo fator já está ativado."
  },
  noPasskeysHere: {
    en: "This server has no passkeys.",
    id: "Server ini tidak memakai kunci sandi.",
    es: "Este servidor no tiene llaves de acceso.",
    pt: "Este servidor não tem chaves de acesso."
  },
  passkeysAtMost: {
    en: "A person has at most {count} passkeys.",
    id: "Seseorang memiliki paling banyak {count} kunci sandi.",
    es: "Una persona tiene como máximo {count} llaves de acceso.",
    pt: "Uma pessoa tem no máximo {count} chaves de acesso."
  },
  unknownChallenge: {
    en: "This challenge is unknown, used or expired.",
    id: "Tantangan ini tidak dikenal, sudah dipakai, atau kedaluwarsa.",
    es: "Este desafío es desconocido, ya se usó o caducó.",
    pt: "Este desafio é desconhecido, já foi usado ou expirou."
  },
  noPasskeyForThis: {
    en: "This is not a passkey for this server and challenge.",
    id: "Ini bukan kunci sandi untuk server dan tantangan ini.",
    es: "Esta no es una llave de acceso para este servidor y desafío.",
    pt: "Esta não é uma chave de acesso para este servidor e desafio."
  },
  passkeyRegistered: {
    en: "This passkey is registered already.",
    id: "Kunci sandi ini sudah terdaftar.",
    es: "Esta llave de acceso ya está registrada.",
    pt: "Esta chave de acesso já está registrada."
  },
  noPasskeyOfYours: {
    en: "You have no passkey \"{id}\".",
    id: "Anda tidak memiliki kunci sandi \"{id}\".",
    es: "Usted no tiene la llave de acceso \"{id}\".",
    pt: "Você não tem a chave de acesso \"{id}\"."
  },
  noForms: {
    en: "This message has no forms by number.",
    id: "Pesan ini tidak memiliki bentuk menurut jumlah.",
    es: "Este mensaje no tiene formas según el número.",
    pt: "Esta mensagem não tem formas por número."
  },
  noSuchForm: {
    en: "{language} has no such form; it has {forms}.",
    id: "{language} tidak memiliki bentuk itu; yang ada {forms}.",
    es: "{language} no tiene esa forma; tiene {forms}.",
    pt: "{language} não tem essa forma; tem {forms}."
  },
  textSaysSomething: {
    en: "A text says something.",
    id: "Teks tidak boleh kosong.",
    es: "Un texto dice algo.",
    pt: "Um texto diz algo."
  },
  noPlaceAtAll: {
    en: "There is no {place} here; this message has none.",
    id: "Tidak ada {place} di sini; pesan ini tidak punya.",
    es: "Aquí no hay {place}; este mensaje no tiene ninguno.",
    pt: "Não há {place} aqui; esta mensagem não tem nenhum."
  },
  noSuchPlace: {
    en: "There is no {place} here; known are {known}.",
    id: "Tidak ada {place} di sini; yang ada {known}.",
    es: "Aquí no hay {place}; se conocen {known}.",
    pt: "Não há {place} aqui; conhecem-se {known}."
  },
  looseBrace: {
    en: "A brace belongs to a place such as {name}.",
    id: "Kurung kurawal hanya untuk tempat seperti {name}.",
    es: "Una llave pertenece a un lugar como {name}.",
    pt: "Uma chave pertence a um lugar como {name}."
  },
  notAfterBeginning: {
    en: "This is not after its beginning, or lies in the past.",
    id: "Ini tidak sesudah awalnya, atau sudah lewat.",
    es: "Esto no es posterior a su comienzo, o está en el pasado.",
    pt: "Isto não é posterior ao seu começo, ou está no passado."
  },
  ownersOfAll: {
    en: "Owners are owners of the whole organization: change their role as a member.",
    id: "Pemilik adalah pemilik seluruh organisasi: ubah perannya sebagai anggota.",
    es: "Los propietarios lo son de toda la organización: cambie su rol de miembro.",
    pt: "Proprietários o são de toda a organização: mude a função deles como membro."
  },
  assignmentsAtMost: {
    en: "A member is given {count} roles at most.",
    id: "Seorang anggota diberi paling banyak {count} peran.",
    es: "Un miembro recibe {count} roles como máximo.",
    pt: "Um membro recebe no máximo {count} funções."
  },
  otherOrder: {
    en: "This cursor was made for sort={sort}: give it back with the same order.",
    id: "Kursor ini dibuat untuk sort={sort}: kembalikan dengan urutan yang sama.",
    es: "Este cursor se creó para sort={sort}: devuélvalo con el mismo orden.",
    pt: "Este cursor foi feito para sort={sort}: devolva-o com a mesma ordem."
  },
  jobsEnded: {
    en: "All of its jobs have ended.",
    id: "Semua pekerjaannya sudah selesai.",
    es: "Todas sus tareas han terminado.",
    pt: "Todas as suas tarefas terminaram."
  },
  batchCancelled: {
    en: "The batch was cancelled.",
    id: "Batch itu dibatalkan.",
    es: "El lote se canceló.",
    pt: "O lote foi cancelado."
  },
  cookieFromElsewhere: {
    en: "A request with the session's cookie has to come from a page of this server.",
    id: "Permintaan dengan cookie sesi harus datang dari halaman server ini.",
    es: "Una solicitud con la cookie de la sesión debe venir de una página de este servidor.",
    pt: "Um pedido com o cookie da sessão tem de vir de uma página deste servidor."
  },
  modulesNoSwitch: {
    en: "Modules have no switch.",
    id: "Modul tidak dapat dinyalakan atau dimatikan.",
    es: "Los módulos no tienen interruptor.",
    pt: "Os módulos não têm interruptor."
  },
  problemsSame: {
    en: "What problems say is the same for every organization.",
    id: "Bunyi masalah sama bagi setiap organisasi.",
    es: "Lo que dicen los problemas es igual para todas las organizaciones.",
    pt: "O que os problemas dizem é igual para todas as organizações."
  },
  mailByTemplate: {
    en: "What mail says is replaced by a template (/v1/mail/templates).",
    id: "Bunyi email diganti dengan templat (/v1/mail/templates).",
    es: "Lo que dice el correo se cambia con una plantilla (/v1/mail/templates).",
    pt: "O que o e-mail diz é trocado por um modelo (/v1/mail/templates)."
  },
  memberOfNoSuch: {
    en: "You are not a member of such an organization.",
    id: "Anda bukan anggota organisasi itu.",
    es: "Usted no es miembro de esa organización.",
    pt: "Você não é membro dessa organização."
  },
  noSessionOfYours: {
    en: "You have no session \"{id}\".",
    id: "Anda tidak memiliki sesi \"{id}\".",
    es: "Usted no tiene la sesión \"{id}\".",
    pt: "Você não tem a sessão \"{id}\"."
  },
  pictureAtMost: {
    en: "A picture has 256 KB at most.",
    id: "Gambar paling besar 256 KB.",
    es: "Una imagen tiene 256 KB como máximo.",
    pt: "Uma imagem tem no máximo 256 KB."
  },
  noPicture: {
    en: "This is no PNG, JPEG or WebP picture.",
    id: "Ini bukan gambar PNG, JPEG, atau WebP.",
    es: "Esto no es una imagen PNG, JPEG ni WebP.",
    pt: "Isto não é uma imagem PNG, JPEG nem WebP."
  },
  nobodyHere: {
    en: "There is nobody here.",
    id: "Tidak ada siapa-siapa di sini.",
    es: "Aquí no hay nadie.",
    pt: "Não há ninguém aqui."
  },
  madeByOperators: {
    en: "Organizations are made by those who run this server.",
    id: "Organisasi dibuat oleh pengelola server ini.",
    es: "Las organizaciones las crean quienes administran este servidor.",
    pt: "As organizações são criadas por quem administra este servidor."
  },
  groupCycle: {
    en: "The group would be below itself: {cycle}.",
    id: "Kelompok itu akan berada di bawah dirinya sendiri: {cycle}.",
    es: "El grupo quedaría por debajo de sí mismo: {cycle}.",
    pt: "O grupo ficaria abaixo de si mesmo: {cycle}."
  },
  groupEverywhere: {
    en: "The group \"{key}\" is the same in every organization.",
    id: "Kelompok \"{key}\" sama di setiap organisasi.",
    es: "El grupo \"{key}\" es igual en todas las organizaciones.",
    pt: "O grupo \"{key}\" é igual em todas as organizações."
  },
  groupTaken: {
    en: "There is a permission group \"{key}\" already.",
    id: "Sudah ada kelompok izin \"{key}\".",
    es: "Ya existe un grupo de permisos \"{key}\".",
    pt: "Já existe um grupo de permissões \"{key}\"."
  },
  groupsAtMost: {
    en: "An organization has {count} groups of its own at most.",
    id: "Sebuah organisasi paling banyak memiliki {count} kelompok sendiri.",
    es: "Una organización tiene como máximo {count} grupos propios.",
    pt: "Uma organização tem no máximo {count} grupos próprios."
  },
  groupsBelow: {
    en: "There are groups below it; move or remove them first.",
    id: "Ada kelompok di bawahnya; pindahkan atau hapus dahulu.",
    es: "Hay grupos por debajo; muévalos o elimínelos primero.",
    pt: "Há grupos abaixo dele; mova-os ou remova-os primeiro."
  },
  rolesNameIt: {
    en: "Roles name it: {roles}.",
    id: "Ada peran yang memakainya: {roles}.",
    es: "Hay roles que lo nombran: {roles}.",
    pt: "Há funções que o nomeiam: {roles}."
  },
  tooManyRequests: {
    en: "Too many requests.",
    id: "Terlalu banyak permintaan.",
    es: "Demasiadas solicitudes.",
    pt: "Pedidos demais."
  }
}, { use: "problem-details" })

/**
 * What stands in a detail's `{resource}`, `{caller}`, `{type}` or `{what}`: the kinds of things, and what is expected
 * of a value.
 *
 * @category texts
 * @since 0.1.0
 */
export const words = MessageCatalogue.define("problem-words", {
  apiKey: {
    en: "API key",
    id: "kunci API",
    es: "clave de API",
    pt: "chave de API"
  },
  avatar: {
    en: "avatar",
    id: "avatar",
    es: "avatar",
    pt: "avatar"
  },
  "factor recovery": {
    en: "factor recovery",
    id: "pemulihan faktor",
    es: "recuperación del factor",
    pt: "recuperação do fator"
  },
  batch: {
    en: "batch",
    id: "batch",
    es: "lote",
    pt: "lote"
  },
  block: {
    en: "block",
    id: "blokir",
    es: "bloqueo",
    pt: "bloqueio"
  },
  botTurn: {
    en: "bot turn",
    id: "giliran bot",
    es: "turno del bot",
    pt: "turno do bot"
  },
  bot: {
    en: "bot",
    id: "bot",
    es: "bot",
    pt: "bot"
  },
  channelAccount: {
    en: "channel account",
    id: "akun kanal",
    es: "cuenta de canal",
    pt: "conta de canal"
  },
  contactMerge: {
    en: "contact merge",
    id: "penggabungan kontak",
    es: "fusión de contactos",
    pt: "fusão de contatos"
  },
  contact: {
    en: "contact",
    id: "kontak",
    es: "contacto",
    pt: "contato"
  },
  conversation: {
    en: "conversation",
    id: "percakapan",
    es: "conversación",
    pt: "conversa"
  },
  file: {
    en: "file",
    id: "berkas",
    es: "archivo",
    pt: "arquivo"
  },
  machineUser: {
    en: "machine user",
    id: "pengguna mesin",
    es: "usuario de máquina",
    pt: "usuário de máquina"
  },
  fileOfMessage: {
    en: "file of message",
    id: "berkas dari pesan",
    es: "archivo del mensaje",
    pt: "arquivo da mensagem"
  },
  fileLink: {
    en: "file link",
    id: "tautan berkas",
    es: "enlace de archivo",
    pt: "link de arquivo"
  },
  invitation: {
    en: "invitation",
    id: "undangan",
    es: "invitación",
    pt: "convite"
  },
  kindOfMail: {
    en: "kind of mail",
    id: "jenis email",
    es: "tipo de correo",
    pt: "tipo de e-mail"
  },
  kindOfNotification: {
    en: "kind of notification",
    id: "jenis notifikasi",
    es: "tipo de notificación",
    pt: "tipo de notificação"
  },
  knowledgeChunk: {
    en: "knowledge chunk",
    id: "potongan pengetahuan",
    es: "fragmento de conocimiento",
    pt: "trecho de conhecimento"
  },
  knowledgeItem: {
    en: "knowledge item",
    id: "butir pengetahuan",
    es: "artículo de conocimiento",
    pt: "item de conhecimento"
  },
  languageModel: {
    en: "language model",
    id: "model bahasa",
    es: "modelo de lenguaje",
    pt: "modelo de linguagem"
  },
  member: {
    en: "member",
    id: "anggota",
    es: "miembro",
    pt: "membro"
  },
  message: {
    en: "message",
    id: "pesan",
    es: "mensaje",
    pt: "mensagem"
  },
  notification: {
    en: "notification",
    id: "notifikasi",
    es: "notificación",
    pt: "notificação"
  },
  permissionGroup: {
    en: "permission group",
    id: "kelompok izin",
    es: "grupo de permisos",
    pt: "grupo de permissões"
  },
  pushSubscription: {
    en: "push subscription",
    id: "langganan push",
    es: "suscripción push",
    pt: "inscrição push"
  },
  roleAssignment: {
    en: "role assignment",
    id: "pemberian peran",
    es: "asignación de rol",
    pt: "atribuição de função"
  },
  role: {
    en: "role",
    id: "peran",
    es: "rol",
    pt: "função"
  },
  setting: {
    en: "setting",
    id: "pengaturan",
    es: "ajuste",
    pt: "configuração"
  },
  team: {
    en: "team",
    id: "tim",
    es: "equipo",
    pt: "equipe"
  },
  widget: {
    en: "widget",
    id: "widget",
    es: "widget",
    pt: "widget"
  },
  catalogue: {
    en: "catalogue",
    id: "katalog",
    es: "catálogo",
    pt: "catálogo"
  },
  language: {
    en: "language",
    id: "bahasa",
    es: "idioma",
    pt: "idioma"
  },
  textOfItsOwnIn: {
    en: "text of its own in",
    id: "teks sendiri di",
    es: "texto propio en",
    pt: "texto próprio em"
  },
  user: {
    en: "user",
    id: "pengguna",
    es: "usuario",
    pt: "usuário"
  },
  address: {
    en: "address",
    id: "alamat",
    es: "dirección",
    pt: "endereço"
  },
  addressThatSignsIn: {
    en: "address that signs in",
    id: "alamat yang masuk",
    es: "dirección que inicia sesión",
    pt: "endereço que entra"
  },
  organization: {
    en: "organization",
    id: "organisasi",
    es: "organización",
    pt: "organização"
  },
  callerOfThisKindOfEndpoint: {
    en: "caller of this kind of endpoint",
    id: "pemanggil jenis titik akhir ini",
    es: "cliente de este tipo de servicio",
    pt: "cliente deste tipo de serviço"
  },
  visitor: {
    en: "visitor",
    id: "pengunjung",
    es: "visitante",
    pt: "visitante"
  },
  zeroOrMore: {
    en: "zero or more",
    id: "nol atau lebih",
    es: "cero o más",
    pt: "zero ou mais"
  },
  anEMailAddress: {
    en: "an e-mail address",
    id: "alamat surel",
    es: "una dirección de correo",
    pt: "um endereço de e-mail"
  },
  textThatIsNotBlank: {
    en: "text that is not blank",
    id: "teks yang tidak kosong",
    es: "un texto que no esté en blanco",
    pt: "um texto que não esteja em branco"
  },
  aColourAsRrggbb: {
    en: "a colour as #rrggbb",
    id: "warna seperti #rrggbb",
    es: "un color como #rrggbb",
    pt: "uma cor como #rrggbb"
  },
  aBcp47LanguageTag: {
    en: "a BCP 47 language tag",
    id: "tag bahasa BCP 47",
    es: "una etiqueta de idioma BCP 47",
    pt: "uma etiqueta de idioma BCP 47"
  },
  theNameOfAKindOfMail: {
    en: "the name of a kind of mail",
    id: "nama jenis email",
    es: "el nombre de un tipo de correo",
    pt: "o nome de um tipo de e-mail"
  },
  sixDigits: {
    en: "six digits",
    id: "enam angka",
    es: "seis dígitos",
    pt: "seis dígitos"
  },
  resourceAction: {
    en: "resource:action",
    id: "sumber:tindakan",
    es: "recurso:acción",
    pt: "recurso:ação"
  },
  lowerCaseLettersDigitsAndHyphens: {
    en: "lower-case letters, digits and hyphens",
    id: "huruf kecil, angka, dan tanda hubung",
    es: "minúsculas, dígitos y guiones",
    pt: "minúsculas, dígitos e hífens"
  },
  headerNamesWithoutAuthorizationAndValuesWithoutLine: {
    en: "header names without authorization, and values without line breaks",
    id: "nama header tanpa otorisasi, dan nilai tanpa ganti baris",
    es: "nombres de cabecera sin autorización y valores sin saltos de línea",
    pt: "nomes de cabeçalho sem autorização e valores sem quebras de linha"
  },
  base64url: {
    en: "base64url",
    id: "base64url",
    es: "base64url",
    pt: "base64url"
  },
  anIdOfDigits: {
    en: "an id of digits",
    id: "id berupa angka",
    es: "un id de dígitos",
    pt: "um id de dígitos"
  },
  anHttpsUrl: {
    en: "an https URL",
    id: "URL https",
    es: "una URL https",
    pt: "uma URL https"
  },
  anHttpSAddress: {
    en: "an http(s) address",
    id: "alamat http(s)",
    es: "una dirección http(s)",
    pt: "um endereço http(s)"
  },
  anHttpOrHttpsAddressWithoutCredentials: {
    en: "an http or https address without credentials",
    id: "alamat http atau https tanpa kredensial",
    es: "una dirección http o https sin credenciales",
    pt: "um endereço http ou https sem credenciais"
  },
  anHttpOrHttpsUrlWithoutAQuery: {
    en: "an http or https URL without a query",
    id: "URL http atau https tanpa kueri",
    es: "una URL http o https sin consulta",
    pt: "uma URL http ou https sem consulta"
  },
  anAddressOrANetwork: {
    en: "an address or a network",
    id: "alamat atau jaringan",
    es: "una dirección o una red",
    pt: "um endereço ou uma rede"
  },
  anIso639CodeSuchAsEnId: {
    en: "an ISO 639 code such as en, id, es or pt",
    id: "kode ISO 639 seperti en, id, es, atau pt",
    es: "un código ISO 639 como en, id, es o pt",
    pt: "um código ISO 639 como en, id, es ou pt"
  },
  anIso4217CodeSuchAsUsdOr: {
    en: "an ISO 4217 code such as USD or IDR",
    id: "kode ISO 4217 seperti USD atau IDR",
    es: "un código ISO 4217 como USD o IDR",
    pt: "um código ISO 4217 como USD ou IDR"
  },
  anIpAddressOrNetwork: {
    en: "an IP address or network",
    id: "alamat IP atau jaringan",
    es: "una dirección IP o red",
    pt: "um endereço IP ou rede"
  },
  anIanaTimeZone: {
    en: "an IANA time zone",
    id: "zona waktu IANA",
    es: "una zona horaria IANA",
    pt: "um fuso horário IANA"
  },
  anEtagThatThisApiGaveOr: {
    en: "an ETag that this API gave, or *",
    id: "ETag yang diberikan API ini, atau *",
    es: "un ETag dado por esta API, o *",
    pt: "um ETag dado por esta API, ou *"
  },
  aVersionSuchAsV230: {
    en: "a version such as v23.0",
    id: "versi seperti v23.0",
    es: "una versión como v23.0",
    pt: "uma versão como v23.0"
  },
  aTimeOfTheDaySuchAs08: {
    en: "a time of the day such as 08:30",
    id: "waktu seperti 08:30",
    es: "una hora como 08:30",
    pt: "uma hora como 08:30"
  },
  aRoleSKey: {
    en: "a role's key",
    id: "kunci peran",
    es: "la clave de un rol",
    pt: "a chave de uma função"
  },
  aRangeOfVersionsSuchAs01: {
    en: "a range of versions such as ^0.1.0",
    id: "rentang versi seperti ^0.1.0",
    es: "un intervalo de versiones como ^0.1.0",
    pt: "um intervalo de versões como ^0.1.0"
  },
  aQuestion: {
    en: "a question",
    id: "sebuah pertanyaan",
    es: "una pregunta",
    pt: "uma pergunta"
  },
  aPath: {
    en: "a path",
    id: "sebuah jalur",
    es: "una ruta",
    pt: "um caminho"
  },
  aNameThatIsNotReserved: {
    en: "a name that is not reserved",
    id: "nama yang tidak dicadangkan",
    es: "un nombre que no esté reservado",
    pt: "um nome que não esteja reservado"
  },
  aModuleSName: {
    en: "a module's name",
    id: "nama modul",
    es: "el nombre de un módulo",
    pt: "o nome de um módulo"
  },
  aLanguageTagSuchAsIdOrEs: {
    en: "a language tag such as id or es-MX",
    id: "tag bahasa seperti id atau es-MX",
    es: "una etiqueta de idioma como id o es-MX",
    pt: "uma etiqueta de idioma como id ou es-MX"
  },
  aKindOfNotification: {
    en: "a kind of notification",
    id: "jenis notifikasi",
    es: "un tipo de notificación",
    pt: "um tipo de notificação"
  },
  aGroupSKey: {
    en: "a group's key",
    id: "kunci kelompok",
    es: "la clave de un grupo",
    pt: "a chave de um grupo"
  },
  aDomainInLowerCase: {
    en: "a domain in lower case",
    id: "domain dengan huruf kecil",
    es: "un dominio en minúsculas",
    pt: "um domínio em minúsculas"
  },
  aDecimalNumber: {
    en: "a decimal number",
    id: "bilangan desimal",
    es: "un número decimal",
    pt: "um número decimal"
  },
  aWahaSessionName: {
    en: "a WAHA session name",
    id: "nama sesi WAHA",
    es: "un nombre de sesión de WAHA",
    pt: "um nome de sessão do WAHA"
  },
  aUuidInLowerCaseCanonicalForm: {
    en: "a UUID in lower-case canonical form",
    id: "UUID dalam bentuk baku huruf kecil",
    es: "un UUID en forma canónica en minúsculas",
    pt: "um UUID em forma canônica minúscula"
  },
  from3To63LowerCaseLettersDigitsAnd: {
    en: "3 to 63 lower-case letters, digits and single inner hyphens",
    id: "3 sampai 63 huruf kecil, angka, dan tanda hubung tunggal di dalam",
    es: "de 3 a 63 minúsculas, dígitos y guiones interiores sueltos",
    pt: "de 3 a 63 minúsculas, dígitos e hífens internos isolados"
  },
  from16KbOfJsonAtMost: {
    en: "16 KB of JSON at most",
    id: "JSON paling besar 16 KB",
    es: "16 KB de JSON como máximo",
    pt: "no máximo 16 KB de JSON"
  },
  anOriginSuchAsHttpsShopExampleOr: {
    en: "*, an origin such as https://shop.example, or https://*.example.com",
    id: "*, asal seperti https://shop.example, atau https://*.example.com",
    es: "*, un origen como https://shop.example, o https://*.example.com",
    pt: "*, uma origem como https://shop.example, ou https://*.example.com"
  },
  aBodyWithoutAContentType: {
    en: "a body without a content type",
    id: "isi tanpa jenis",
    es: "un contenido sin tipo",
    pt: "um conteúdo sem tipo"
  },
  feedback: {
    en: "feedback",
    id: "ulasan",
    es: "valoración",
    pt: "avaliação"
  },
  hexadecimal64: {
    en: "64 hexadecimal digits",
    id: "64 angka heksadesimal",
    es: "64 dígitos hexadecimales",
    pt: "64 dígitos hexadecimais"
  },
  aLetterThenLetters: {
    en: "a letter, then letters, digits and underscores",
    id: "huruf, lalu huruf, angka, dan garis bawah",
    es: "una letra y luego letras, dígitos y guiones bajos",
    pt: "uma letra e depois letras, dígitos e sublinhados"
  },
  aTimeSuchAs: {
    en: "a time such as 08:30, or 24:00 for the day's end",
    id: "jam seperti 08:30, atau 24:00 untuk akhir hari",
    es: "una hora como 08:30, o 24:00 para el final del día",
    pt: "uma hora como 08:30, ou 24:00 para o fim do dia"
  },
  aDate: {
    en: "a date",
    id: "tanggal",
    es: "una fecha",
    pt: "uma data"
  }
}, { use: "problem-words" })
