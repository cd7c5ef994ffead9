// `npm run wicara -- <command>`: the command line program, built as `npm start` builds it.
import { runServer } from "./apps.mjs"
import { main } from "./toolchain.mjs"

main(() => runServer(process.argv.slice(2)))
