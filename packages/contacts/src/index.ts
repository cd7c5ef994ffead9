/**
 * @since 0.1.0
 */
export * as Contact from "./Contact.ts"
export * as Contacts from "./Contacts.ts"
export * as ContactsApi from "./Contacts/Api.ts"
export * as ContactsHttp from "./Contacts/Http.ts"
export * as events from "./events.ts"
export * as migrations from "./sql/migrations.ts"
export * as module from "./module.ts"
export * as permissions from "./permissions.ts"
export * as Phone from "./Phone.ts"
export * as Stated from "./Stated.ts"
export * as ProblemDetails from "./ProblemDetails.ts"
