"""Playbooks that people start themselves: what makes each stage of the journey go faster (JRN-34)."""

from journey.enums import Doer, WorkType
from journey.playbooks.definition import Condition
from journey.playbooks.entries import Entry, letter, step

POOL, LEADER = Doer.POOL, Doer.LEADER
LARGE = Condition(profile=("enterprise",))

ACCELERATORS: tuple[Entry, ...] = (
    Entry(
        "quick_start", ("Quick start", "Mulai cepat", "Mula pantas"), "JRN-34", "",
        (
            step("setup", ("Do the set-up for them from our templates", "Siapkan pengaturan awal mereka dari templat kita",
                 "Sediakan persediaan awal mereka daripada templat kita"), 0, doer=POOL, work=WorkType.ONBOARDING),
            step("first", ("Bring the one use case forward that shows value first", "Dahulukan satu kasus yang paling cepat memperlihatkan nilai",
                 "Dahulukan satu kes yang paling cepat menunjukkan nilai"), 3, work=WorkType.ONBOARDING),
            step("show", ("Show the first result to the sponsor", "Perlihatkan hasil pertama kepada sponsor", "Tunjukkan hasil pertama kepada penaja"), 14, work=WorkType.VALUE),
        ),
    ),
    Entry(
        "adoption_campaign", ("Adoption campaign", "Kampanye adopsi", "Kempen penerimaan"), "JRN-34", "",
        (
            step("choose", ("Choose one feature and the people whom it helps", "Pilih satu fitur dan orang yang terbantu olehnya",
                 "Pilih satu ciri dan orang yang dibantunya"), 0, work=WorkType.ADOPTION),
            letter("invite", ("A feature that could help your team at {{ account }}", "Fitur yang dapat membantu tim Anda di {{ account }}",
                   "Ciri yang boleh membantu pasukan anda di {{ account }}"),
                   ("Hello {{ first_name }},\n\nwe found a feature that your team at {{ account }} does not use yet and that could save them time. "
                    "May I show it to three of your people in half an hour? Reply with a day that suits you.\n\nKind regards\n{{ csm }}, {{ company }}",
                    "Halo {{ first_name }},\n\nkami menemukan fitur yang belum dipakai tim Anda di {{ account }} dan dapat menghemat waktu mereka. "
                    "Bolehkah saya menunjukkannya kepada tiga orang Anda selama setengah jam? Balas saja dengan hari yang cocok.\n\nSalam\n{{ csm }}, {{ company }}",
                    "Salam {{ first_name }},\n\nkami menemui ciri yang belum digunakan oleh pasukan anda di {{ account }} dan boleh menjimatkan masa mereka. "
                    "Bolehkah saya menunjukkannya kepada tiga orang anda selama setengah jam? Balas sahaja dengan hari yang sesuai.\n\nSalam hormat\n{{ csm }}, {{ company }}"), 2),
            step("coach", ("Coach three power users who show it to the others", "Bina tiga pengguna mahir yang menularkannya ke yang lain",
                 "Latih tiga pengguna mahir yang menunjukkannya kepada yang lain"), 5, work=WorkType.ADOPTION),
            step("score", ("Post the teams' standing, and praise the best one", "Umumkan peringkat tim dan puji yang terbaik",
                 "Umumkan kedudukan pasukan dan puji yang terbaik"), 14, work=WorkType.ADOPTION),
            step("measure", ("Measure who stayed with it", "Ukur siapa yang tetap memakainya", "Ukur siapa yang terus menggunakannya"), 30, work=WorkType.ADOPTION),
        ),
    ),
    Entry(
        "second_line", ("A second line of contacts", "Lapisan kontak kedua", "Lapisan kenalan kedua"), "JRN-34", "",
        (
            step("list", ("List who knows us there, and who would miss us", "Daftar siapa yang mengenal kita di sana dan siapa yang akan merasa kehilangan",
                 "Senaraikan siapa yang mengenali kita di sana dan siapa yang akan merasa kehilangan"), 0),
            step("meet", ("Meet two new people in different departments", "Temui dua orang baru di departemen berbeda",
                 "Jumpa dua orang baharu di jabatan berbeza"), 10),
            step("sponsor", ("Give the sponsor a peer on our side", "Beri sponsor rekan setingkat di pihak kita", "Beri penaja rakan setara di pihak kita"), 21,
                 doer=LEADER, work=WorkType.EXECUTIVE, when=LARGE),
        ),
    ),
    Entry(
        "early_renewal", ("Early renewal talk", "Pembicaraan perpanjangan dini", "Perbincangan pembaharuan awal"), "JRN-34", "",
        (
            step("value", ("Write what they gained in their own figures", "Tuliskan manfaat yang mereka peroleh dalam angka mereka sendiri",
                 "Tulis manfaat yang mereka peroleh dalam angka mereka sendiri"), 0, work=WorkType.VALUE),
            step("talk", ("Hold the first renewal talk, 120 days ahead or more", "Adakan pembicaraan perpanjangan pertama, minimal 120 hari sebelumnya",
                 "Adakan perbincangan pembaharuan pertama, sekurang-kurangnya 120 hari lebih awal"), 7, work=WorkType.RENEWAL),
            step("years", ("Offer more years for a better price", "Tawarkan masa kontrak lebih panjang dengan harga lebih baik",
                 "Tawarkan tempoh lebih panjang dengan harga lebih baik"), 14, work=WorkType.RENEWAL, when=LARGE),
            step("signers", ("Learn who signs and how long it takes there", "Cari tahu siapa yang menandatangani dan berapa lama prosesnya",
                 "Ketahui siapa yang menandatangani dan berapa lama prosesnya"), 21, work=WorkType.RENEWAL),
        ),
    ),
    Entry(
        "expansion_talk", ("Expansion talk", "Pembicaraan perluasan", "Perbincangan pengembangan"), "JRN-34", "",
        (
            step("signal", ("Write down the need that you saw, and who has it", "Catat kebutuhan yang Anda lihat dan siapa pemiliknya",
                 "Catat keperluan yang anda lihat dan siapa pemiliknya"), 0, work=WorkType.EXPANSION),
            step("case", ("Show what it would bring, from their own usage", "Perlihatkan manfaatnya dari pemakaian mereka sendiri",
                 "Tunjukkan manfaatnya daripada penggunaan mereka sendiri"), 7, work=WorkType.EXPANSION, when=Condition(band=("green",))),
            step("hand_over", ("Hand it to sales with goal, people and history", "Serahkan ke tim penjualan beserta tujuan, orang, dan riwayat",
                 "Serahkan kepada jualan bersama matlamat, orang dan sejarah"), 14, work=WorkType.EXPANSION),
        ),
    ),
    Entry(
        "reference", ("Reference invitation", "Undangan menjadi referensi", "Jemputan menjadi rujukan"), "JRN-34", "",
        (
            step("ask", ("Ask for a quote while the result is fresh", "Minta kutipan selagi hasilnya masih segar", "Minta petikan ketika hasilnya masih segar"), 0,
                 work=WorkType.ADVOCACY, when=Condition(band=("green",))),
            step("offer", ("Offer the reference programme, with what it asks of them", "Tawarkan program referensi beserta hal yang diminta",
                 "Tawarkan program rujukan beserta apa yang diminta"), 7, work=WorkType.ADVOCACY),
            letter("thank", ("Thank you, {{ first_name }}", "Terima kasih, {{ first_name }}", "Terima kasih, {{ first_name }}"),
                   ("Hello {{ first_name }},\n\nthank you for the time that you gave us. Whatever you decided about speaking for us: "
                    "it helps to know how you see our work at {{ account }}.\n\nKind regards\n{{ csm }}, {{ company }}",
                    "Halo {{ first_name }},\n\nterima kasih atas waktu yang Anda luangkan. Apa pun keputusan Anda untuk berbicara bagi kami: "
                    "pandangan Anda tentang kerja kami di {{ account }} sangat membantu.\n\nSalam\n{{ csm }}, {{ company }}",
                    "Salam {{ first_name }},\n\nterima kasih atas masa yang anda luangkan. Apa pun keputusan anda untuk bercakap bagi pihak kami: "
                    "pandangan anda tentang kerja kami di {{ account }} amat membantu.\n\nSalam hormat\n{{ csm }}, {{ company }}"), 21),
        ),
    ),
)  # fmt: skip
