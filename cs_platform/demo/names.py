"""Words that the generated companies and people are made of."""

FIRST = (
    "Altamar", "Birchfield", "Cobalt", "Dunmore", "Eastgate", "Fairholm", "Glasswing", "Hartwell", "Ironbridge", "Jasper",
    "Kingsley", "Larkspur", "Meridian", "Norwood", "Orchard", "Pembroke", "Quarry", "Redwood", "Silverline", "Thornbury",
    "Umber", "Verdant", "Westmark", "Yarrow", "Zephyr", "Ashford", "Bluestone", "Copperfield", "Drayton", "Elmhurst",
    "Foxglove", "Granite", "Hollins", "Ivory", "Juniper", "Lakeshore", "Linden", "Maplewood", "Northbank", "Oakridge",
)  # fmt: skip
SECOND = {
    "Healthcare": ("Health", "Clinics", "Medical", "Dental Group"),
    "Logistics": ("Logistics", "Freight", "Shipping", "Transport"),
    "Financial services": ("Capital", "Insurance", "Credit Union", "Finance"),
    "Manufacturing": ("Robotics", "Textiles", "Tooling", "Components"),
    "Retail": ("Outdoor", "Foods", "Home", "Market"),
    "Software": ("Software", "Systems", "Digital", "Labs"),
    "Energy": ("Energy", "Charging", "Power", "Renewables"),
    "Education": ("Learning", "Schools", "Academy", "College"),
    "Media": ("Media", "Studios", "Press", "Broadcast"),
}
GIVEN = (
    "Ruth", "Ingrid", "Bram", "Tomasz", "Aisha", "Dewi", "Budi", "Siti", "Farid", "Nurul", "Elena", "Marco", "Yuki", "Chen",
    "Priyanka", "Omar", "Lucia", "Henrik", "Sofie", "Anton", "Grace", "Kwame", "Leila", "Nadia", "Pavel", "Rina", "Samir",
    "Tessa", "Viktor", "Wahyu", "Zainab", "Arjun", "Bella", "Carlos", "Diana", "Erik", "Fatimah", "Goran", "Hana", "Ismail",
)  # fmt: skip
FAMILY = (
    "Okafor", "Solheim", "de Wit", "Lis", "Mensah", "Santoso", "Wijaya", "Rahman", "Hassan", "Yusof", "Rossi", "Tanaka",
    "Wang", "Sharma", "Haddad", "Moreno", "Larsen", "Becker", "Novak", "Adeyemi", "Kone", "Petrov", "Suryadi", "Karim",
    "Jansen", "Lim", "Hartono", "Ali", "Svensson", "Dubois", "Costa", "Nguyen", "Kaya", "Horvat", "Ito", "Abdullah",
)  # fmt: skip
TITLES = {
    "executive_sponsor": ("Chief Operating Officer", "VP Operations", "Managing Director"),
    "decision_maker": ("CFO", "Head of IT", "Director of Operations"),
    "champion": ("Operations Lead", "Director Dispatch", "Programme Manager"),
    "power_user": ("Senior Analyst", "Dispatch Lead", "Team Lead"),
    "core_user": ("Analyst", "Coordinator", "IT Admin"),
    "procurement": ("Procurement Manager", "Category Buyer"),
    "legal": ("Legal Counsel",),
}
# Name, key of the address, and customers of each segment that a book of 420 holds: some carry more than others.
CSMS = (
    ("Priya Natarajan", "priya", (16, 20, 8, 2)),
    ("Tomi Okonkwo", "tomi", (12, 26, 16, 4)),
    ("Mei Ishikawa", "mei", (17, 24, 6, 0)),
    ("Rafael Soto", "rafael", (10, 26, 18, 6)),
    ("Lucas Bergström", "lucas", (7, 18, 26, 10)),
    ("Anna Kowalska", "anna", (24, 12, 4, 0)),
    ("Jonah Drake", "jonah", (6, 14, 22, 11)),
    ("Clara Nyström", "clara", (4, 10, 22, 19)),
)
