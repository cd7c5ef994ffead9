import { foreignIds } from "./foreignIds.ts"

foreignIds("mysql")
