import { foreignIds } from "./foreignIds.ts"

foreignIds("sqlite")
