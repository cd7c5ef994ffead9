/** What problems say of roles, groups, teams, keys and who is kept out. */
import type { Definitions } from "../../MessageCatalogue.ts"

export const access = {
  noRole: {
    en: "There is no role \"{role}\".",
    id: "Tidak ada peran \"{role}\".",
    es: "No existe el rol \"{role}\".",
    pt: "Não existe a função \"{role}\"."
  },
  keptOut: {
    en: "This {caller} is kept out for a time, because it asked too often.",
    id: "{caller} ini ditolak sementara, karena terlalu sering meminta.",
    es: "{caller}: bloqueado por un tiempo, porque pidió demasiado a menudo.",
    pt: "{caller}: bloqueado por um tempo, porque pediu vezes demais."
  },
  noPermission: {
    en: "There is no permission \"{permission}\".",
    id: "Tidak ada izin \"{permission}\".",
    es: "No existe el permiso \"{permission}\".",
    pt: "Não existe a permissão \"{permission}\"."
  },
  machineLacks: {
    en: "The machine user has no permission \"{permission}\".",
    id: "Pengguna mesin tidak memiliki izin \"{permission}\".",
    es: "El usuario de máquina no tiene el permiso \"{permission}\".",
    pt: "O usuário de máquina não tem a permissão \"{permission}\"."
  },
  machineNoOwner: {
    en: "A machine user is no owner.",
    id: "Pengguna mesin tidak dapat menjadi pemilik.",
    es: "Un usuario de máquina no es propietario.",
    pt: "Um usuário de máquina não é proprietário."
  },
  inThePast: {
    en: "This lies in the past.",
    id: "Ini sudah lewat.",
    es: "Esto está en el pasado.",
    pt: "Isto está no passado."
  },
  revokedKey: {
    en: "A revoked key can't be rotated.",
    id: "Kunci yang dicabut tidak dapat diganti.",
    es: "Una clave revocada no se puede rotar.",
    pt: "Uma chave revogada não pode ser trocada."
  },
  keyRotatedNow: {
    en: "Somebody else rotates this key at this moment.",
    id: "Orang lain sedang mengganti kunci ini.",
    es: "Otra persona está rotando esta clave en este momento.",
    pt: "Outra pessoa está trocando esta chave neste momento."
  },
  keyFromElsewhere: {
    en: "This key may not be used from this address.",
    id: "Kunci ini tidak boleh dipakai dari alamat ini.",
    es: "Esta clave no se puede usar desde esta dirección.",
    pt: "Esta chave não pode ser usada deste endereço."
  },
  noAddressNorNetwork: {
    en: "This is neither an address nor a network.",
    id: "Ini bukan alamat maupun jaringan.",
    es: "Esto no es una dirección ni una red.",
    pt: "Isto não é um endereço nem uma rede."
  },
  teamTaken: {
    en: "There is a team \"{name}\" already.",
    id: "Sudah ada tim \"{name}\".",
    es: "Ya existe un equipo \"{name}\".",
    pt: "Já existe uma equipe \"{name}\"."
  },
  rolesOfTeam: {
    en: "Roles were given for this team; take them back first.",
    id: "Ada peran yang diberikan untuk tim ini; cabut dahulu.",
    es: "Hay roles dados para este equipo; retírelos primero.",
    pt: "Há funções dadas para esta equipe; retire-as primeiro."
  },
  noSuchTeam: {
    en: "There is no such team.",
    id: "Tim itu tidak ada.",
    es: "No existe ese equipo.",
    pt: "Não existe essa equipe."
  },
  noSuchAccount: {
    en: "There is no such channel account.",
    id: "Akun kanal itu tidak ada.",
    es: "No existe esa cuenta de canal.",
    pt: "Não existe essa conta de canal."
  },
  roleCycle: {
    en: "The role would inherit itself: {cycle}.",
    id: "Peran itu akan mewarisi dirinya sendiri: {cycle}.",
    es: "El rol se heredaría a sí mismo: {cycle}.",
    pt: "A função herdaria a si mesma: {cycle}."
  },
  noPermissionGroup: {
    en: "There is no permission group \"{group}\".",
    id: "Tidak ada kelompok izin \"{group}\".",
    es: "No existe el grupo de permisos \"{group}\".",
    pt: "Não existe o grupo de permissões \"{group}\"."
  },
  roleEverywhere: {
    en: "The role \"{key}\" is the same in every organization; make one of your own.",
    id: "Peran \"{key}\" sama di setiap organisasi; buatlah peran sendiri.",
    es: "El rol \"{key}\" es igual en todas las organizaciones; cree uno propio.",
    pt: "A função \"{key}\" é igual em todas as organizações; crie uma própria."
  },
  roleTaken: {
    en: "There is a role \"{key}\" already.",
    id: "Sudah ada peran \"{key}\".",
    es: "Ya existe un rol \"{key}\".",
    pt: "Já existe uma função \"{key}\"."
  },
  rolesAtMost: {
    en: "An organization has {count} roles of its own at most.",
    id: "Sebuah organisasi paling banyak memiliki {count} peran sendiri.",
    es: "Una organización tiene como máximo {count} roles propios.",
    pt: "Uma organização tem no máximo {count} funções próprias."
  },
  rolesInherit: {
    en: "Other roles inherit it: {roles}.",
    id: "Peran lain mewarisinya: {roles}.",
    es: "Otros roles lo heredan: {roles}.",
    pt: "Outras funções a herdam: {roles}."
  },
  membersHaveRole: {
    en: "Members have this role; give them another one first.",
    id: "Ada anggota dengan peran ini; beri mereka peran lain dahulu.",
    es: "Hay miembros con este rol; deles otro primero.",
    pt: "Há membros com esta função; dê-lhes outra primeiro."
  },
  notAfterBeginning: {
    en: "This is not after its beginning, or lies in the past.",
    id: "Ini tidak sesudah awalnya, atau sudah lewat.",
    es: "Esto no es posterior a su comienzo, o está en el pasado.",
    pt: "Isto não é posterior ao seu começo, ou está no passado."
  },
  ownersOfAll: {
    en: "Owners are owners of the whole organization: change their role as a member.",
    id: "Pemilik adalah pemilik seluruh organisasi: ubah perannya sebagai anggota.",
    es: "Los propietarios lo son de toda la organización: cambie su rol de miembro.",
    pt: "Proprietários o são de toda a organização: mude a função deles como membro."
  },
  assignmentsAtMost: {
    en: "A member is given {count} roles at most.",
    id: "Seorang anggota diberi paling banyak {count} peran.",
    es: "Un miembro recibe {count} roles como máximo.",
    pt: "Um membro recebe no máximo {count} funções."
  },
  groupCycle: {
    en: "The group would be below itself: {cycle}.",
    id: "Kelompok itu akan berada di bawah dirinya sendiri: {cycle}.",
    es: "El grupo quedaría por debajo de sí mismo: {cycle}.",
    pt: "O grupo ficaria abaixo de si mesmo: {cycle}."
  },
  groupEverywhere: {
    en: "The group \"{key}\" is the same in every organization.",
    id: "Kelompok \"{key}\" sama di setiap organisasi.",
    es: "El grupo \"{key}\" es igual en todas las organizaciones.",
    pt: "O grupo \"{key}\" é igual em todas as organizações."
  },
  groupTaken: {
    en: "There is a permission group \"{key}\" already.",
    id: "Sudah ada kelompok izin \"{key}\".",
    es: "Ya existe un grupo de permisos \"{key}\".",
    pt: "Já existe um grupo de permissões \"{key}\"."
  },
  groupsAtMost: {
    en: "An organization has {count} groups of its own at most.",
    id: "Sebuah organisasi paling banyak memiliki {count} kelompok sendiri.",
    es: "Una organización tiene como máximo {count} grupos propios.",
    pt: "Uma organização tem no máximo {count} grupos próprios."
  },
  groupsBelow: {
    en: "There are groups below it; move or remove them first.",
    id: "Ada kelompok di bawahnya; pindahkan atau hapus dahulu.",
    es: "Hay grupos por debajo; muévalos o elimínelos primero.",
    pt: "Há grupos abaixo dele; mova-os ou remova-os primeiro."
  },
  rolesNameIt: {
    en: "Roles name it: {roles}.",
    id: "Ada peran yang memakainya: {roles}.",
    es: "Hay roles que lo nombran: {roles}.",
    pt: "Há funções que o nomeiam: {roles}."
  }
} as const satisfies Definitions
