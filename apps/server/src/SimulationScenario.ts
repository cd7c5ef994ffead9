/**
 * What customers of the demo's internet provider ask: the knowledge covers all but the last line of each script.
 *
 * @since 0.1.0
 */
import type { Scenario } from "./Simulation.ts"

/**
 * @category constants
 * @since 0.1.0
 */
export const demo: Scenario = {
  name: "Lintas Fiber",
  scripts: [
    {
      language: "en",
      lines: [
        { say: "Hi, how can I pay my bill?", expect: "answer", contains: ["QRIS", "virtual account"] },
        { say: "How do I change my Wi-Fi password?", expect: "answer", contains: ["my.lintas-fiber.example"] },
        { say: "Do you also sell airplane tickets to Tokyo?", expect: "handover" }
      ]
    },
    {
      language: "id",
      lines: [
        { say: "Halo kak, bagaimana cara bayar tagihan?", expect: "answer", contains: ["QRIS", "virtual account"] },
        { say: "Bagaimana cara ganti password Wi-Fi?", expect: "answer", contains: ["my.lintas-fiber.example"] },
        { say: "Siapa presiden pertama Amerika Serikat?", expect: "handover" }
      ]
    },
    {
      language: "en",
      lines: [
        { say: "Is technical support open at night?", expect: "answer", contains: ["day and night"] },
        { say: "I want to talk to a human, please", expect: "handover" }
      ]
    },
    {
      language: "id",
      lines: [
        { say: "Jam berapa layanan pelanggan buka?", expect: "answer", contains: ["siang dan malam"] },
        { say: "Saya mau bicara dengan petugas", expect: "handover" }
      ]
    },
    {
      language: "en",
      lines: [
        { say: "Can you recommend a recipe for chocolate cake?", expect: "handover" }
      ]
    }
  ]
}
