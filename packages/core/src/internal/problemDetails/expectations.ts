/** What a problem says is expected of a value. */
import type { Definitions } from "../../MessageCatalogue.ts"

export const expectations = {
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
  anHttpAddress: {
    en: "an address that begins with http:// or https://",
    id: "alamat yang diawali http:// atau https://",
    es: "una dirección que empiece por http:// o https://",
    pt: "um endereço que comece por http:// ou https://"
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
  },
  templateName: {
    en: "1 to 512 lower-case letters, digits and underscores",
    id: "1 sampai 512 huruf kecil, angka, dan garis bawah",
    es: "de 1 a 512 minúsculas, dígitos y guiones bajos",
    pt: "de 1 a 512 minúsculas, dígitos e sublinhados"
  },
  templateLanguage: {
    en: "a language such as id, en_US or zh_CN",
    id: "bahasa seperti id, en_US, atau zh_CN",
    es: "un idioma como id, en_US o zh_CN",
    pt: "um idioma como id, en_US ou zh_CN"
  },
  templateValue: {
    en: "a text without line breaks, tabs or more than four spaces in a row",
    id: "teks tanpa ganti baris, tab, atau lebih dari empat spasi berturut-turut",
    es: "un texto sin saltos de línea, tabuladores ni más de cuatro espacios seguidos",
    pt: "um texto sem quebras de linha, tabulações nem mais de quatro espaços seguidos"
  },
  currencyCode: {
    en: "an ISO 4217 code",
    id: "kode ISO 4217",
    es: "un código ISO 4217",
    pt: "um código ISO 4217"
  },
  eventPattern: {
    en: "an event type, its beginning followed by .*, or * alone",
    id: "jenis peristiwa, awalnya diikuti .*, atau * saja",
    es: "un tipo de evento, su comienzo seguido de .*, o solo *",
    pt: "um tipo de evento, seu começo seguido de .*, ou apenas *"
  },
  headerName: {
    en: "the name of an HTTP header",
    id: "nama header HTTP",
    es: "el nombre de una cabecera HTTP",
    pt: "o nome de um cabeçalho HTTP"
  },
  domain: {
    en: "a domain in lower case, such as chat.example.com",
    id: "domain dengan huruf kecil, seperti chat.example.com",
    es: "un dominio en minúsculas, como chat.example.com",
    pt: "um domínio em minúsculas, como chat.example.com"
  }
} as const satisfies Definitions
