import { make } from "./app.ts"

const { app } = make()
app.listen(4000, () => process.stdout.write("Listening on http://127.0.0.1:4000\n"))
