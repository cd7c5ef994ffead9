/**
 * Files named on the command line.
 *
 * @since 0.1.0
 */
import * as KnowledgeImport from "@wicara/knowledge/KnowledgeImport"
import { Effect, FileSystem, Path } from "effect"
import * as Output from "./Output.ts"

const isImportable = (name: string): boolean =>
  KnowledgeImport.extensions.some((extension) => name.toLowerCase().endsWith(`.${extension}`))

const isHidden = (path: string): boolean =>
  path.split(/[\\/]/).some((part) => part.startsWith(".") || part === "node_modules")

/**
 * The file, or every file below the folder that can be imported, with paths relative to the folder.
 *
 * @category running
 * @since 0.1.0
 */
export const importableFiles = Effect.fnUntraced(function*(at: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (!(yield* fs.exists(at))) return yield* Effect.fail(Output.wrongUsage(`There is no file or folder ${at}`))
  const info = yield* fs.stat(at)
  const folder = info.type === "Directory" ? at : path.dirname(at)
  const below = info.type !== "Directory"
    ? [path.basename(at)]
    : yield* Effect.filter(
      (yield* fs.readDirectory(at, { recursive: true })).filter((name) => !isHidden(name)),
      (name) => Effect.map(fs.stat(path.join(folder, name)), ({ type }) => type === "File")
    )
  const names = below.length === 1 ? below : below.filter(isImportable).sort()
  const files = yield* Effect.forEach(
    names,
    (name) => Effect.map(fs.readFile(path.join(folder, name)), (bytes) => ({ path: name.replaceAll("\\", "/"), bytes }))
  )
  return { files, others: below.length - names.length }
}, Effect.mapError((error) => error._tag === "CommandFailure" ? error : Output.fail(error.message)))
