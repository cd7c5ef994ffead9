/**
 * Where data is kept: the database, Redis and files.
 *
 * @since 0.1.0
 */
import * as Configuration from "@wicara/core/Configuration"
import { ByteSize, Schema, SchemaTransformation } from "effect"
import { HttpUrl, Secret, Switch } from "./Texts.ts"

const DatabaseUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    text.startsWith("file:") || (text.startsWith("mysql://") && URL.canParse(text) && new URL(text).pathname.length > 1)
      ? undefined
      : "expected file:<path> or mysql://user:password@host:port/database"
  )
)

const Size = Schema.ByteSizeFromString.pipe(
  Schema.decodeTo(
    Schema.Number,
    SchemaTransformation.transform({
      decode: (size: ByteSize.ByteSize) => ByteSize.toNumberUnsafe(size),
      encode: (bytes) => ByteSize.bytes(bytes)
    })
  )
)

const MediaTypes = Schema.String.check(
  Schema.makeFilter((text) =>
    text.split(",").every((type) => /^\s*[a-z]+\/[a-z0-9.+*-]+\s*$/.test(type))
      ? undefined
      : "expected media types with commas between them, such as image/png,audio/*"
  )
)

const RedisUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)
      ? undefined
      : "expected redis://host:port or rediss://host:port"
  )
)

const Address = Schema.String.check(
  Schema.makeFilter((text) => /^[^\s:]+:\d{1,5}$/.test(text) ? undefined : "expected <host>:<port>")
)

/**
 * @category settings
 * @since 0.1.0
 */
export const storageSettings = {
  dataDir: Configuration.define({
    name: "WICARA_DATA_DIR",
    schema: Schema.NonEmptyString,
    default: "data",
    description: "The folder of the embedded database, the master key and local files."
  }),
  databaseUrl: Configuration.defineOptional({
    name: "WICARA_DATABASE_URL",
    schema: DatabaseUrl,
    secret: true,
    defaultText: "file:<data dir>/wicara.db",
    description: "`file:<path>` for the embedded SQLite database, or `mysql://user:password@host:port/database`."
  }),
  databasePasswordFile: Configuration.defineOptional({
    name: "WICARA_DATABASE_PASSWORD_FILE",
    schema: Schema.NonEmptyString,
    description:
      "A file with the password of the database, instead of the one in its URL: read again for every new connection, so " +
      "that it can be replaced while the server runs."
  }),
  databaseTls: Configuration.defineOptional({
    name: "WICARA_DATABASE_TLS",
    schema: Switch,
    defaultText: "unless MySQL is on this machine or in WICARA_PLAIN_HOSTS",
    description: "Whether the connections to MySQL are encrypted, with the certificate and the name in it verified."
  }),
  databaseConnections: Configuration.define({
    name: "WICARA_DATABASE_CONNECTIONS",
    schema: Schema.NumberFromString.check(
      Schema.makeFilter((n) => Number.isInteger(n) && n >= 2 && n <= 256 ? undefined : "expected 2 to 256")
    ),
    default: 12,
    description: "Connections to MySQL. Few are faster than many."
  }),
  redisUrl: Configuration.defineOptional({
    name: "WICARA_REDIS_URL",
    schema: RedisUrl,
    secret: true,
    description:
      "`rediss://host:port` (TLS), or `redis://`: where the processes share their rate limits; in the database when absent."
  }),
  redisPasswordFile: Configuration.defineOptional({
    name: "WICARA_REDIS_PASSWORD_FILE",
    schema: Schema.NonEmptyString,
    description: "A file with the password of Redis, read again for every new connection."
  }),
  filesDir: Configuration.defineOptional({
    name: "WICARA_FILES_DIR",
    schema: Schema.NonEmptyString,
    defaultText: "<data dir>/files",
    description:
      "The folder of files, unless they are in a bucket. Several processes share one folder, or use a bucket."
  }),
  filesMaxSize: Configuration.define({
    name: "WICARA_FILES_MAX_SIZE",
    schema: Size,
    default: 64 * 1024 * 1024,
    defaultText: "64 MiB",
    description: "The size of the largest file."
  }),
  filesQuota: Configuration.define({
    name: "WICARA_FILES_QUOTA",
    schema: Size,
    default: 5 * 1024 * 1024 * 1024,
    defaultText: "5 GiB",
    description: "How much an organization may store, unless it has a quota of its own (`wicara files quota`)."
  }),
  filesTypes: Configuration.defineOptional({
    name: "WICARA_FILES_TYPES",
    schema: MediaTypes,
    defaultText: "pictures, sound, video, documents and plain text",
    description: "The media types that are taken, found by the content: `image/png,audio/*,application/pdf`."
  }),
  filesS3Bucket: Configuration.defineOptional({
    name: "WICARA_FILES_S3_BUCKET",
    schema: Schema.NonEmptyString,
    description: "Keeps files in this bucket instead of a folder; needs both keys of the bucket too."
  }),
  filesS3Endpoint: Configuration.defineOptional({
    name: "WICARA_FILES_S3_ENDPOINT",
    schema: HttpUrl,
    defaultText: "https://s3.<region>.amazonaws.com",
    description: "Where the bucket's service answers, if it is not Amazon's."
  }),
  filesS3Region: Configuration.define({
    name: "WICARA_FILES_S3_REGION",
    schema: Schema.NonEmptyString,
    default: "us-east-1",
    description: "The bucket's region."
  }),
  filesS3Prefix: Configuration.defineOptional({
    name: "WICARA_FILES_S3_PREFIX",
    schema: Schema.NonEmptyString,
    description: "What every key in the bucket begins with, such as `wicara/`."
  }),
  filesS3CredentialsFile: Configuration.defineOptional({
    name: "WICARA_FILES_S3_CREDENTIALS_FILE",
    schema: Schema.NonEmptyString,
    description:
      "A file with the bucket's credentials instead of the two keys: JSON with `AccessKeyId`, `SecretAccessKey` and, if " +
      "they are of a short time, `SessionToken`. Read again for every request, so that an agent can replace it."
  }),
  filesS3AccessKeyId: Configuration.defineOptional({
    name: "WICARA_FILES_S3_ACCESS_KEY_ID",
    schema: Schema.NonEmptyString,
    description: "The id of the key that may read and write the bucket."
  }),
  filesS3SecretAccessKey: Configuration.defineOptional({
    name: "WICARA_FILES_S3_SECRET_ACCESS_KEY",
    schema: Secret,
    secret: true,
    description: "The key that may read and write the bucket."
  }),
  filesClamAv: Configuration.defineOptional({
    name: "WICARA_FILES_CLAMAV",
    schema: Address,
    description: "`<host>:<port>` of a ClamAV daemon that every file has to pass; without it files are not scanned."
  })
} as const
