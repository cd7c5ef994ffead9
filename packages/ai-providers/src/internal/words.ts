/**
 * Word knowledge of the built-in model. `lightWords` turn up in questions about anything and are weak evidence;
 * `concepts` are words of customer service that mean the same, within and across languages.
 */
import type { Language } from "../Language.ts"

const words = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

export const lightWords: Record<Language, ReadonlyArray<string>> = {
  en: words(`
    get gets got getting give gives given make makes made use uses used using find finds found go goes going went come comes
    coming put set look looking see show shows work works working help helps try tried trying keep
    start started begin happen happens happened mean means call called buy sell offer offers provide provides include includes
    thing things stuff way ways time times day days week weeks month months year years today tomorrow tonight yesterday now soon
    currently good great best better well bad worse worst new old next last first second long short big small high low right
    wrong able possible available different kind kinds type types sort lot bit part place places people person someone anyone
    anything something everything everyone nothing info information detail details problem problems issue issues case reason
    number name list example home house world country add change changes changed read talk speak write run turn live date dates down
    allowed supposed recommend explain describe list check think believe feel
    one two three four five six seven eight nine ten
  `),
  id: words(`
    buat membuat pakai memakai gunakan menggunakan digunakan cari mencari dicari ambil mengambil lihat melihat coba mencoba
    mulai memulai jadi menjadi terjadi punya mempunyai memiliki dapatkan mendapatkan lakukan melakukan dilakukan
    hal masalah soal tentang mengenai terkait informasi info detail jenis macam hari minggu bulan tahun jam menit sekarang
    nanti besok kemarin tadi baru baik bagus buruk besar kecil tinggi rendah sama beda berbeda lain orang seseorang tempat
    rumah nama nomor tanggal contoh bantu bantuan membantu tersedia termasuk beli membeli jual menjual tambah menambah ubah mengubah
    ganti mengganti perubahan bicara berbicara pergi datang satu dua tiga empat lima enam tujuh delapan sembilan sepuluh
  `),
  es: words(`
    usar uso utilizar buscar encontrar dar tomar poner ver mirar ir venir funciona funcionar funcionan ayuda ayudar intentar
    empezar comenzar pasar pasa ofrecer ofrecen incluye incluir comprar vender cosa cosas manera forma vez tiempo día días
    semana semanas mes meses año años hoy mañana ayer ahora bueno buena mejor malo malo peor nuevo nueva viejo grande pequeño
    alto bajo posible disponible diferente tipo tipos clase parte lugar persona personas gente alguien nadie nada información
    detalles problema problemas caso motivo número nombre fecha lista ejemplo casa mundo país añadir agregar cambiar cambio hablar
    uno dos tres cuatro cinco seis siete ocho nueve diez
  `),
  pt: words(`
    usar uso utilizar buscar procurar encontrar achar dar tomar pegar colocar pôr ver olhar ir vir funciona funcionar funcionam
    ajuda ajudar tentar começar acontece acontecer oferece oferecem inclui incluir comprar vender coisa coisas maneira forma
    jeito vez tempo dias semana semanas mês meses ano anos hoje amanhã ontem agora melhor mau ruim pior novo nova velho grande
    pequeno alto baixo possível disponível diferente tipo tipos parte lugar pessoa pessoas gente alguém ninguém nada
    informação informações detalhes problema problemas caso motivo número nome data lista exemplo casa mundo país adicionar mudar
    mudança falar um dois três quatro cinco seis sete oito nove dez
  `)
}

type Concept = { readonly [L in Language]: ReadonlyArray<string> }

const concept = (en: string, id: string, es: string, pt: string): Concept => ({
  en: words(en),
  id: words(id),
  es: words(es),
  pt: words(pt)
})

export const concepts: ReadonlyArray<Concept> = [
  concept(
    "price cost fee charge rate pricing tariff",
    "harga biaya tarif ongkos",
    "precio coste costo tarifa cuesta",
    "preço custo tarifa taxa valor custa"
  ),
  concept("pay payment", "bayar pembayaran membayar dibayar", "pagar pago pagos", "pagar pagamento pagamentos"),
  concept("bill invoice statement", "tagihan faktur", "factura recibo", "fatura boleto conta"),
  concept(
    "cancel terminate cancellation termination unsubscribe",
    "batal batalkan membatalkan pembatalan berhenti henti stop",
    "cancelar cancelación baja",
    "cancelar cancelamento"
  ),
  concept(
    "refund reimburse reimbursement moneyback",
    "refund pengembalian kembalikan",
    "reembolso devolución reembolsar",
    "reembolso estorno devolução"
  ),
  concept(
    "install installation setup",
    "pasang pemasangan instalasi memasang dipasang",
    "instalar instalación",
    "instalar instalação"
  ),
  concept("technician engineer installer", "teknisi", "técnico", "técnico"),
  concept("slow slowly sluggish lag laggy", "lambat lemot lelet pelan", "lento lenta despacio", "lento lenta devagar"),
  concept("fast speed quick quickly", "cepat kecepatan", "rápido rápida velocidad", "rápido rápida velocidade"),
  concept(
    "broken outage down disconnected fault failure offline",
    "rusak gangguan mati putus terputus padam",
    "roto avería caído caída corte fallo",
    "quebrado queda caiu falha pane"
  ),
  concept("repair fix", "perbaiki memperbaiki perbaikan", "reparar arreglar reparación", "consertar reparar conserto"),
  concept("open opening opens", "buka", "abrir abre abierto apertura", "abrir abre aberto abertura"),
  concept("close closed closing", "tutup", "cerrar cierra cerrado", "fechar fecha fechado"),
  concept("hours schedule", "jam jadwal operasional", "horario horarios", "horário horários"),
  concept("address location located", "alamat lokasi", "dirección ubicación", "endereço localização"),
  concept("office store branch shop", "kantor toko cabang gerai", "oficina tienda sucursal", "escritório loja filial"),
  concept("phone telephone", "telepon telpon hp", "teléfono", "telefone"),
  concept("email mail", "email surel", "correo email", "email"),
  concept("contact reach", "hubungi kontak menghubungi", "contactar contacto", "contatar contato"),
  concept("password passcode", "sandi password", "contraseña clave", "senha"),
  concept("account", "akun rekening", "cuenta", "conta"),
  concept(
    "sign register signup registration enroll subscribe",
    "daftar mendaftar pendaftaran registrasi berlangganan langganan",
    "registrar registrarse inscribirse registro",
    "cadastrar cadastro registrar inscrever"
  ),
  concept(
    "deliver delivery ship shipping shipment",
    "kirim pengiriman mengirim antar",
    "envío enviar entrega",
    "envio enviar entrega frete"
  ),
  concept("order purchase", "pesan pesanan pembelian", "pedido compra", "pedido compra"),
  concept("return", "retur", "devolver devolución", "devolver devolução"),
  concept("warranty guarantee", "garansi jaminan", "garantía", "garantia"),
  concept(
    "discount promo promotion offer coupon voucher",
    "diskon promo promosi potongan voucher",
    "descuento promoción oferta cupón",
    "desconto promoção oferta cupom"
  ),
  concept("plan package bundle subscription", "paket langganan", "plan paquete", "plano pacote"),
  concept(
    "upgrade bigger higher faster",
    "upgrade tingkatkan meningkatkan besar tinggi",
    "mejorar mayor",
    "upgrade maior"
  ),
  concept(
    "downgrade smaller lower cheaper",
    "downgrade turunkan menurunkan kecil rendah",
    "bajar menor",
    "downgrade menor"
  ),
  concept(
    "move relocate relocation",
    "pindah pindahan memindahkan",
    "mudar mudanza trasladar traslado",
    "mudar mudança transferir"
  ),
  concept(
    "coverage area cover covered available availability serve served",
    "jangkauan cakupan area wilayah daerah terjangkau tersedia tercover layanan",
    "cobertura zona disponible",
    "cobertura área região disponível"
  ),
  concept("wifi wireless", "wifi", "wifi", "wifi"),
  concept("router modem", "router modem", "router módem", "roteador modem"),
  concept("restart reboot reset", "restart mulai reset", "reiniciar", "reiniciar"),
  concept("penalty fine late overdue", "denda telat terlambat keterlambatan", "multa recargo retraso", "multa atraso"),
  concept(
    "contract commitment subscription",
    "kontrak ikatan langganan berlangganan",
    "contrato permanencia suscripción",
    "contrato fidelidade assinatura"
  ),
  concept("limit cap quota allowance fup", "batas kuota", "límite cuota", "limite cota franquia"),
  concept("unlimited", "unlimited", "ilimitado", "ilimitado"),
  concept(
    "document id identification passport",
    "ktp dokumen identitas",
    "documento identificación pasaporte",
    "documento identidade"
  ),
  concept("credit card", "kartu kredit", "tarjeta crédito", "cartão crédito"),
  concept("bank transfer", "bank transfer", "banco transferencia", "banco transferência"),
  concept("cash", "tunai", "efectivo", "dinheiro"),
  concept("complaint complain", "keluhan komplain mengeluh", "queja reclamo reclamación", "reclamação queixa"),
  concept("holiday holidays weekend", "libur liburan", "festivo feriado festivos", "feriado feriados"),
  concept("free complimentary", "gratis", "gratis gratuito gratuita", "grátis gratuito gratuita"),
  concept("deposit", "deposit", "depósito", "depósito caução"),
  concept(
    "internet connection network",
    "internet koneksi sambungan jaringan",
    "internet conexión red",
    "internet conexão rede"
  ),
  concept("television tv", "televisi tv", "televisión tv", "televisão tv"),
  concept(
    "business corporate company enterprise",
    "bisnis perusahaan usaha",
    "empresa empresas negocio",
    "empresa empresas negócio"
  ),
  concept("child children kid kids", "anak", "niño niños hijos", "criança crianças filhos"),
  concept("job career hiring vacancy", "lowongan kerja karir", "empleo trabajo vacante", "emprego vaga trabalho")
]
