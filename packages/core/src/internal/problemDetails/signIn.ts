/** What problems say of accounts and how one signs in to them. */
import type { Definitions } from "../../MessageCatalogue.ts"

export const signIn = {
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
  tooManyAtOnce: {
    en: "Too many are signing in at once.",
    id: "Terlalu banyak yang masuk bersamaan.",
    es: "Demasiadas personas inician sesión a la vez.",
    pt: "Gente demais está entrando ao mesmo tempo."
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
  secondFactorYourself: {
    en: "Sign in with a second factor yourself first: with one you could not act in the organization.",
    id: "Masuklah dahulu dengan faktor kedua: jika tidak, Anda sendiri tidak dapat bertindak di organisasi.",
    es: "Inicie primero sesión con un segundo factor: si no, usted mismo no podría actuar en la organización.",
    pt: "Entre antes com um segundo fator: sem ele, você mesmo não poderia agir na organização."
  },
  notCurrentPassword: {
    en: "This is not the current password.",
    id: "Ini bukan kata sandi saat ini.",
    es: "Esta no es la contraseña actual.",
    pt: "Esta não é a senha atual."
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
  cookieFromElsewhere: {
    en: "A request with the session's cookie has to come from a page of this server.",
    id: "Permintaan dengan cookie sesi harus datang dari halaman server ini.",
    es: "Una solicitud con la cookie de la sesión debe venir de una página de este servidor.",
    pt: "Um pedido com o cookie da sessão tem de vir de uma página deste servidor."
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
  }
} as const satisfies Definitions
