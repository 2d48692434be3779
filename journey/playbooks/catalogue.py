"""The playbooks that come with the product: one for each alert rule about an account (REQUIREMENTS 1K, TRG-01 to TRG-10,
TRG-20). They come switched off; what people start themselves stands in `accelerators.py`."""

from collections.abc import Mapping

from journey.enums import Doer, WorkType
from journey.playbooks.accelerators import ACCELERATORS
from journey.playbooks.definition import Condition
from journey.playbooks.entries import Entry, letter, step

LEADER, POOL = Doer.LEADER, Doer.POOL
STILL_BAD = Condition(band=("red", "yellow"))
STILL_RED = Condition(band=("red",))
NO_VALUE = Condition(first_value=False)

TRIGGERED: tuple[Entry, ...] = (
    Entry(
        "save", ("Save play", "Rencana penyelamatan", "Pelan penyelamatan"), "TRG-04", "turned_red",
        (
            step("reach_out", ("Call the customer today and say what you see", "Telepon pelanggan hari ini dan sampaikan apa yang Anda lihat",
                 "Hubungi pelanggan hari ini dan nyatakan apa yang anda lihat"), 0, urgent=True),
            step("cause", ("Write down the cause in the customer's words", "Catat penyebabnya dengan kata-kata pelanggan",
                 "Catat puncanya dalam kata-kata pelanggan"), 2),
            step("sponsor", ("Bring our executive to theirs", "Pertemukan eksekutif kita dengan eksekutif mereka",
                 "Temukan eksekutif kita dengan eksekutif mereka"), 3, doer=LEADER, work=WorkType.EXECUTIVE, urgent=True),
            step("plan", ("Agree on a save plan: three things, owners on both sides, days", "Sepakati rencana penyelamatan: tiga hal, penanggung jawab di kedua pihak, tenggat",
                 "Setujui pelan penyelamatan: tiga perkara, pemilik di kedua-dua pihak, tarikh"), 5, urgent=True),
            step("check", ("Check with the customer that the three things happened", "Pastikan bersama pelanggan bahwa ketiga hal itu terlaksana",
                 "Pastikan bersama pelanggan bahawa ketiga-tiga perkara itu berlaku"), 14),
            step("review", ("Decide: saved, another round, or let go, and say why", "Putuskan: selamat, satu putaran lagi, atau dilepas, beserta alasannya",
                 "Putuskan: selamat, satu pusingan lagi, atau dilepaskan, beserta sebabnya"), 30, doer=LEADER),
        ), cooldown_days=60,
    ),
    Entry(
        "engagement_plan", ("Engagement plan", "Rencana keterlibatan", "Pelan penglibatan"), "TRG-04", "turned_yellow",
        (
            step("look", ("Look at what pulled the score down", "Lihat apa yang menurunkan skor", "Lihat apa yang menurunkan skor"), 0),
            step("talk", ("Talk about it with the champion", "Bicarakan dengan champion", "Bincangkan dengan champion"), 3, when=Condition(champion=True)),
            step("find_champion", ("Find somebody who speaks for us there", "Temukan orang di sana yang mendukung kita", "Cari orang di sana yang menyokong kita"), 3,
                 when=Condition(champion=False)),
            step("agree", ("Agree on two steps for the next month", "Sepakati dua langkah untuk sebulan ke depan", "Setujui dua langkah untuk sebulan akan datang"), 7),
            step("look_again", ("See whether the score came back", "Periksa apakah skor sudah pulih", "Periksa sama ada skor sudah pulih"), 30, when=STILL_BAD),
        ),
    ),
    Entry(
        "yellow_usage", ("Usage play", "Rencana pemakaian", "Pelan penggunaan"), "TRG-01", "usage_decline",
        (
            step("who", ("Find out who stopped and what they did before", "Cari tahu siapa yang berhenti dan apa yang dulu mereka lakukan",
                 "Ketahui siapa yang berhenti dan apa yang dahulu mereka lakukan"), 0, work=WorkType.ADOPTION),
            step("ask", ("Ask two of them why", "Tanyakan alasannya kepada dua di antara mereka", "Tanya sebabnya kepada dua daripada mereka"), 2, work=WorkType.ADOPTION),
            letter("offer", ("Half an hour for your team at {{ account }}", "Setengah jam untuk tim Anda di {{ account }}", "Setengah jam untuk pasukan anda di {{ account }}"),
                   ("Hello {{ first_name }},\n\nyour team at {{ account }} has worked with us less than before. I would like to learn what changed, "
                    "and show what has become easier since. Which day suits you for half an hour?\n\nKind regards\n{{ csm }}, {{ company }}",
                    "Halo {{ first_name }},\n\nakhir-akhir ini tim Anda di {{ account }} lebih jarang bekerja dengan kami. Saya ingin tahu apa yang berubah "
                    "dan menunjukkan apa yang kini lebih mudah. Hari apa yang cocok untuk setengah jam?\n\nSalam\n{{ csm }}, {{ company }}",
                    "Salam {{ first_name }},\n\nkebelakangan ini pasukan anda di {{ account }} kurang bekerja dengan kami. Saya ingin tahu apa yang berubah "
                    "dan menunjukkan apa yang kini lebih mudah. Hari apa yang sesuai untuk setengah jam?\n\nSalam hormat\n{{ csm }}, {{ company }}"), 3),
            step("session", ("Hold a session on the work that they left", "Adakan sesi tentang pekerjaan yang mereka tinggalkan",
                 "Adakan sesi tentang kerja yang mereka tinggalkan"), 7, work=WorkType.ADOPTION),
            step("again", ("Look at the usage again, with the champion", "Tinjau lagi pemakaian bersama champion", "Semak semula penggunaan bersama champion"), 21,
                 work=WorkType.ADOPTION, when=STILL_BAD),
        ),
    ),
    Entry(
        "relationship", ("Relationship play", "Rencana hubungan", "Pelan hubungan"), "TRG-02", "engagement_drop",
        (
            step("other_person", ("Have another person of ours write to them", "Minta rekan lain menghubungi mereka", "Minta rakan lain menghubungi mereka"), 0),
            step("occasion", ("Offer a short talk about one result, not a review", "Tawarkan obrolan singkat tentang satu hasil, bukan tinjauan",
                 "Tawarkan perbualan ringkas tentang satu hasil, bukan semakan"), 3),
            step("second", ("Make a second contact in another department", "Jalin kontak kedua di departemen lain", "Jalin hubungan kedua di jabatan lain"), 10),
            step("sponsor", ("Ask the sponsor what has changed", "Tanyakan kepada sponsor apa yang berubah", "Tanya penaja apa yang berubah"), 14,
                 doer=LEADER, work=WorkType.EXECUTIVE, when=STILL_BAD),
        ),
    ),
    Entry(
        "silence", ("Outreach play", "Rencana penjangkauan", "Pelan jangkauan"), "TRG-03", "silence",
        (
            step("call", ("Call; a mail is not enough", "Telepon; surel saja tidak cukup", "Telefon; e-mel sahaja tidak memadai"), 0, urgent=True),
            step("second_contact", ("Find a second contact and call them", "Temukan kontak kedua dan telepon orang itu", "Cari kenalan kedua dan telefon orang itu"), 3),
            step("leader", ("Write to the sponsor from the leader's desk", "Tulis kepada sponsor atas nama pimpinan", "Tulis kepada penaja bagi pihak ketua"), 7,
                 doer=LEADER, work=WorkType.EXECUTIVE),
            step("decide", ("Decide whether this becomes a save play", "Putuskan apakah ini menjadi rencana penyelamatan",
                 "Putuskan sama ada ini menjadi pelan penyelamatan"), 14, doer=LEADER, when=STILL_BAD),
        ),
    ),
    Entry(
        "onboarding_escalation", ("Onboarding escalation", "Eskalasi onboarding", "Eskalasi onboarding"), "TRG-05", "ttv_delay",
        (
            step("blocker", ("Name what blocks the first value and who decides it", "Sebutkan apa yang menghambat nilai pertama dan siapa yang memutuskan",
                 "Namakan apa yang menghalang nilai pertama dan siapa yang memutuskan"), 0, work=WorkType.ONBOARDING),
            step("smaller", ("Cut the first use case down to what can go live in two weeks", "Persempit kasus pertama menjadi yang bisa berjalan dalam dua minggu",
                 "Kecilkan kes pertama kepada apa yang boleh berjalan dalam dua minggu"), 3, work=WorkType.ONBOARDING),
            step("escalate", ("Escalate to both leaders with one question", "Eskalasikan ke kedua pimpinan dengan satu pertanyaan",
                 "Eskalasi kepada kedua-dua ketua dengan satu soalan"), 7, doer=LEADER, work=WorkType.ONBOARDING, when=NO_VALUE),
            step("confirm", ("Have the customer confirm the first value", "Minta pelanggan mengonfirmasi nilai pertama", "Minta pelanggan mengesahkan nilai pertama"), 21,
                 work=WorkType.VALUE, when=NO_VALUE),
        ),
    ),
    Entry(
        "value_escalation", ("First value escalation", "Eskalasi nilai pertama", "Eskalasi nilai pertama"), "TRG-10", "first_value_missed",
        (
            step("leader", ("Call their sponsor: no value after the agreed time", "Telepon sponsor mereka: belum ada nilai setelah waktu yang disepakati",
                 "Telefon penaja mereka: belum ada nilai selepas masa yang dipersetujui"), 0, doer=LEADER, work=WorkType.EXECUTIVE, urgent=True),
            step("restart", ("Agree on a new start with one goal and a day", "Sepakati awal baru dengan satu tujuan dan tanggal",
                 "Setujui permulaan baharu dengan satu matlamat dan tarikh"), 3, work=WorkType.ONBOARDING, urgent=True),
            step("renewal_risk", ("Write the renewal down as at risk and say why", "Catat perpanjangan sebagai berisiko beserta alasannya",
                 "Catat pembaharuan sebagai berisiko beserta sebabnya"), 3, work=WorkType.RENEWAL),
            step("check", ("Check the first value with the customer", "Periksa nilai pertama bersama pelanggan", "Semak nilai pertama bersama pelanggan"), 21,
                 work=WorkType.VALUE, when=NO_VALUE),
        ), cooldown_days=60,
    ),
    Entry(
        "support_review", ("Support review", "Tinjauan dukungan", "Semakan sokongan"), "TRG-06", "support",
        (
            step("read", ("Read the tickets and group them by cause", "Baca tiket dan kelompokkan menurut penyebab", "Baca tiket dan kumpulkan mengikut punca"), 0),
            step("support", ("Agree with support on what is solved first", "Sepakati dengan tim dukungan apa yang diselesaikan dulu",
                 "Setujui dengan pasukan sokongan apa yang diselesaikan dahulu"), 1, work=WorkType.COORDINATION),
            step("tell", ("Tell the customer what follows until when", "Sampaikan kepada pelanggan apa yang menyusul dan kapan",
                 "Beritahu pelanggan apa yang menyusul dan bila"), 2),
            step("product", ("Hand what comes back again to product", "Teruskan yang berulang ke tim produk", "Serahkan yang berulang kepada pasukan produk"), 7,
                 doer=POOL, work=WorkType.COORDINATION),
        ),
    ),
    Entry(
        "champion", ("Champion play", "Rencana champion", "Pelan champion"), "TRG-07", "champion",
        (
            step("thank", ("Ask who takes over, and for an introduction", "Tanyakan siapa penggantinya dan minta diperkenalkan",
                 "Tanya siapa penggantinya dan minta diperkenalkan"), 0, urgent=True),
            step("map", ("Map the stakeholders anew", "Petakan kembali para pemangku kepentingan", "Petakan semula pihak berkepentingan"), 3),
            step("meet", ("Meet the new person: goals, success, first result", "Temui orang baru: tujuan, keberhasilan, hasil pertama",
                 "Jumpa orang baharu: matlamat, kejayaan, hasil pertama"), 10, when=Condition(champion=False)),
            step("sponsor", ("Confirm the goals with the sponsor", "Konfirmasi tujuan dengan sponsor", "Sahkan matlamat dengan penaja"), 14, doer=LEADER, work=WorkType.EXECUTIVE,
                 when=Condition(renewal_within=180)),
        ),
    ),
    Entry(
        "risk_review", ("Risk review", "Tinjauan risiko", "Semakan risiko"), "TRG-08", "account_event",
        (
            step("learn", ("Learn what the event means for our work with them", "Pahami arti peristiwa ini bagi kerja kita dengan mereka",
                 "Fahami maksud peristiwa ini bagi kerja kita dengan mereka"), 0),
            step("stage", ("Decide whether a stage starts anew", "Putuskan apakah suatu tahap dimulai lagi", "Putuskan sama ada satu peringkat bermula semula"), 3),
            step("value", ("Send the new people what was achieved so far", "Kirimkan kepada orang baru apa yang sudah dicapai",
                 "Hantar kepada orang baharu apa yang telah dicapai"), 7, work=WorkType.VALUE),
            step("renewal", ("Talk about the renewal before they do", "Bicarakan perpanjangan sebelum mereka memulainya",
                 "Bincangkan pembaharuan sebelum mereka memulakannya"), 10, work=WorkType.RENEWAL, when=Condition(renewal_within=180)),
        ),
    ),
    Entry(
        "criterion", ("Intervention on a missed criterion", "Intervensi kriteria yang terlewat", "Intervensi kriteria yang terlepas"), "TRG-09", "milestone_missed",
        (
            step("why", ("Ask both owners why it was missed", "Tanyakan kepada kedua penanggung jawab mengapa terlewat",
                 "Tanya kedua-dua pemilik mengapa ia terlepas"), 0, work=WorkType.VALUE),
            step("new_day", ("Agree on a new day, or on another criterion", "Sepakati tanggal baru atau kriteria lain", "Setujui tarikh baharu atau kriteria lain"), 5, work=WorkType.VALUE),
            step("measure", ("Measure it with the customer", "Ukur bersama pelanggan", "Ukur bersama pelanggan"), 21, work=WorkType.VALUE),
        ),
    ),
    Entry(
        "mismatch", ("Words and behaviour", "Kata dan perilaku", "Kata dan tingkah laku"), "TRG-20", "mismatch",
        (
            step("ask", ("Ask those who stopped, not those who answered", "Tanyakan kepada yang berhenti, bukan yang menjawab",
                 "Tanya mereka yang berhenti, bukan yang menjawab"), 0),
            step("compare", ("Show the champion both numbers and ask what is true", "Perlihatkan kedua angka kepada champion dan tanyakan mana yang benar",
                 "Tunjukkan kedua-dua angka kepada champion dan tanya yang mana benar"), 5),
            step("decide", ("Decide which play follows", "Putuskan rencana mana yang menyusul", "Putuskan pelan mana yang menyusul"), 10, doer=LEADER, when=STILL_BAD),
        ),
    ),
)  # fmt: skip

ENTRIES: Mapping[str, Entry] = {entry.key: entry for entry in (*TRIGGERED, *ACCELERATORS)}


def shown_name(key: str, name: str, language: str) -> str:
    """A playbook's name for a reader: of one that comes with the product in their language, unless it was renamed."""
    entry = ENTRIES.get(key)
    return entry.said(language) if entry is not None and entry.name == name else name
