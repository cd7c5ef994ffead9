// The house rules that the linter has no rule for, on the sources of packages and apps (see CONTRIBUTING.md). A line
// that has a reason to break one says so: `// house-rules: <rule> <reason>` on it or on the line before.
import { readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { filesOf, root } from "./toolchain.mjs"

/**
 * `code` rules see the text without comments and without the contents of strings; `text` rules see strings too;
 * `raw` rules see everything.
 */
const rules = [
  {
    name: "clock",
    on: "code",
    pattern: /\bDate\.now\s*\(|\bnew Date\s*\(|\bperformance\.now\s*\(/,
    instead: "Clock or DateTime"
  },
  { name: "random", on: "code", pattern: /\bMath\.random\b/, instead: "Random or SecureRandom of effect" },
  {
    name: "json",
    on: "code",
    pattern: /\bJSON\.parse\b/,
    instead: "Schema.fromJsonString or Schema.UnknownFromJsonString"
  },
  {
    name: "environment",
    on: "code",
    pattern: /\bprocess\.env\b/,
    instead: "Configuration",
    except: /^(packages\/testing|apps\/server)\//
  },
  { name: "cast", on: "code", pattern: /\bas any\b|\bas unknown as\b/, instead: "a Schema, or a type that fits" },
  { name: "console", on: "code", pattern: /\bconsole\.\w/, instead: "Effect.log or the Console service" },
  {
    name: "async",
    on: "code",
    pattern: /\basync\s*(\(|function\b|\w+\s*=>)|(?<![.\w])await\b/,
    instead: "Effect",
    except: /^apps\/widget\//
  },
  { name: "try", on: "code", pattern: /\btry\s*\{/, instead: "Effect.try", except: /^apps\/widget\// },
  { name: "evaluate", on: "code", pattern: /\beval\s*\(|\bnew Function\b/, instead: "code that is there" },
  {
    name: "markup",
    on: "code",
    pattern: /\.(inner|outer)HTML\b|\bdangerouslySetInnerHTML\b|\bdocument\.write\b|\binsertAdjacentHTML\b/,
    instead: "text, or elements"
  },
  { name: "shell", on: "text", pattern: /["'](node:)?child_process["']/, instead: "a library" },
  {
    name: "certificates",
    on: "text",
    pattern: /rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity/,
    instead: "the check that Node makes"
  },
  {
    name: "weak-crypto",
    on: "text",
    pattern: /["'](md5|rc4|des|aes-(128|192|256)-(ecb|cbc))["']/i,
    instead: "SHA-256 and AES-256-GCM"
  },
  { name: "select-all", on: "text", pattern: /\bSELECT\s+(\w+\.)?\*/i, instead: "the columns by name" },
  { name: "offset", on: "text", pattern: /\bOFFSET\s+(\d|\$|\?)/, instead: "a keyset cursor" },
  {
    name: "returning",
    on: "text",
    pattern: /\bRETURNING\s+(\*|\w)/,
    instead: "reading back by the id made here (MySQL has none)"
  },
  { name: "skip-locked", on: "text", pattern: /\bSKIP\s+LOCKED\b/i, instead: "a lease (sharded MySQL lacks it)" },
  { name: "auto-increment", on: "text", pattern: /\bAUTO_?INCREMENT\b|\bLAST_INSERT_ID\b/i, instead: "Id.next" },
  {
    name: "driver",
    on: "text",
    pattern: /from\s+["'](@effect\/sql-[\w-]+|mysql2|better-sqlite3|node:sqlite)(\/[^"']*)?["']/,
    instead: "SqlClient of effect/sql (drivers belong to apps, tests and the testing package)",
    except: /^(packages\/testing|apps\/server)\//
  },
  {
    name: "machine-path",
    on: "raw",
    pattern: /\/work\/|\/root\/|\/tmp\/bash_jobs|\/home\/[a-z]+\//,
    instead: "a path relative to the module"
  },
  {
    name: "registry",
    on: "raw",
    pattern: /registry\.npmjs\.org|registry\.yarnpkg\.com|npm\.pkg\.github\.com/,
    instead: "nothing: registries are the user's setting"
  },
  { name: "unfinished", on: "raw", pattern: /\b(TODO|FIXME|XXX|HACK)\b/, instead: "finishing it" }
]

const widgetIsBrowserCode = new Set(["clock", "random", "json", "console"])

/**
 * The text with comments, and if asked the contents of strings, blanked out, so that positions stay. Template literals
 * count as strings; what is between `${` and `}` in them is code.
 */
const blank = (text, { strings }) => {
  let out = ""
  const keep = (length) => {
    out += text.slice(at, at + length)
    at += length
  }
  const hide = (length) => {
    out += text.slice(at, at + length).replaceAll(/[^\n]/g, " ")
    at += length
  }
  const braces = []
  let at = 0
  let mode = "code"
  while (at < text.length) {
    const two = text.slice(at, at + 2)
    const one = text[at]
    if (mode === "template") {
      if (one === "\\") (strings ? hide : keep)(2)
      else if (one === "`") {
        keep(1)
        mode = "code"
      } else if (two === "${") {
        keep(2)
        braces.push(0)
        mode = "code"
      } else (strings ? hide : keep)(1)
    } else if (two === "//") hide((text.indexOf("\n", at) + 1 || text.length + 1) - 1 - at)
    else if (two === "/*") hide((text.indexOf("*/", at + 2) + 2 || text.length) - at)
    else if (one === "\"" || one === "'") {
      const match = /^(["'])(?:\\[^]|(?!\1)[^\\\n])*\1?/.exec(text.slice(at, at + 10_000))
      const length = match[0].length
      if (strings) {
        keep(1)
        hide(length - 2)
        keep(1)
      } else keep(length)
    } else if (one === "/" && /(^|[=(,:[!&|?{};\n]|=>|return)\s*$/.test(out.slice(-40))) {
      const match = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/.exec(text.slice(at, at + 10_000))
      if (match === null) keep(1)
      else if (strings) hide(match[0].length)
      else keep(match[0].length)
    } else if (one === "`") {
      keep(1)
      mode = "template"
    } else if (one === "{" && braces.length > 0) {
      braces[braces.length - 1]++
      keep(1)
    } else if (one === "}" && braces.length > 0) {
      if (braces.at(-1) === 0) {
        braces.pop()
        mode = "template"
      } else braces[braces.length - 1]--
      keep(1)
    } else keep(1)
  }
  return out
}

/** The findings in one file: `[{ rule, line, text, instead }]`. */
export const check = (path, text) => {
  const views = { raw: text, text: blank(text, { strings: false }), code: blank(text, { strings: true }) }
  const lines = text.split("\n")
  const findings = []
  for (const rule of rules) {
    if (rule.except?.test(path)) continue
    if (path.startsWith("apps/widget/") && widgetIsBrowserCode.has(rule.name)) continue
    views[rule.on].split("\n").forEach((line, index) => {
      if (!rule.pattern.test(line)) return
      const excuse = new RegExp(`house-rules: ${rule.name} \\S`)
      if (excuse.test(lines[index]) || excuse.test(lines[index - 1] ?? "")) return
      findings.push({ rule: rule.name, line: index + 1, text: lines[index].trim(), instead: rule.instead })
    })
  }
  return findings.sort((a, b) => a.line - b.line)
}

const sources = () =>
  ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((name) => filesOf(join(root, group, name, "src")))
  ).filter((file) => /\.(ts|tsx|mts)$/.test(file))

/** The findings in all files: `[{ path, rule, line, text, instead }]`. */
export const checkAll = () =>
  sources().flatMap((file) => {
    const path = relative(root, file).split(sep).join("/")
    return check(path, readFileSync(file, "utf8")).map((finding) => ({ path, ...finding }))
  })

if (process.argv[1]?.endsWith("house-rules.mjs")) {
  const findings = checkAll()
  for (const { instead, line, path, rule, text } of findings) {
    console.log(`${path}:${line}: ${rule}: use ${instead}\n    ${text}`)
  }
  console.log(
    findings.length === 0
      ? `House rules: ${sources().length} files keep them.`
      : `House rules: ${findings.length} broken.`
  )
  process.exitCode = findings.length === 0 ? 0 : 1
}
