"""Names and texts of the large site. They are made from lists, so searches find some words often and others seldom."""

from random import Random
from typing import Final

FIRST_NAMES: Final = [
    "Ada", "Amir", "Anna", "Aylin", "Ben", "Boris", "Carla", "Chen", "Clara", "Dana", "David", "Elena", "Emil",
    "Emre", "Fatima", "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Julia", "Kai", "Karim",
    "Lena", "Leo", "Lin", "Luca", "Maja", "Marek", "Maria", "Mia", "Nadia", "Nils", "Nora", "Omar", "Paul", "Petra",
    "Quentin", "Rosa", "Sami", "Sara", "Tarek", "Tom", "Uma", "Vera", "Yara", "Zoe",
]  # fmt: skip
LAST_NAMES: Final = [
    "Abel", "Adler", "Bauer", "Becker", "Berger", "Braun", "Costa", "Diaz", "Ebert", "Engel", "Fischer", "Fuchs",
    "Garcia", "Graf", "Haas", "Hahn", "Ito", "Jansen", "Kaya", "Keller", "Kim", "Koch", "Kovacs", "Krause", "Lang",
    "Lehmann", "Li", "Lopez", "Maier", "Meyer", "Moreau", "Nagy", "Neumann", "Novak", "Olsen", "Otto", "Peters",
    "Popov", "Rossi", "Roth", "Sato", "Schmidt", "Silva", "Sommer", "Stein", "Tanaka", "Vogel", "Wagner", "Weber",
    "Winter", "Wolf", "Yilmaz", "Zimmer",
]  # fmt: skip
SUBJECTS: Final = [
    "Acoustics", "Algebra", "Anatomy", "Anthropology", "Architecture", "Astronomy", "Biochemistry", "Botany",
    "Calculus", "Cartography", "Ceramics", "Chemistry", "Cinematography", "Climatology", "Composition",
    "Criminology", "Databases", "Demography", "Drawing", "Ecology", "Econometrics", "Epistemology", "Ethics",
    "Genetics", "Geology", "Geometry", "Histology", "Informatics", "Linguistics", "Logic", "Mechanics",
    "Metallurgy", "Neurology", "Optics", "Painting", "Philology", "Photography", "Rhetoric", "Sculpture",
    "Statistics", "Thermodynamics", "Topology", "Typography", "Zoology",
]  # fmt: skip
LEVELS: Final = ("Introduction to {}", "{} in practice", "Advanced {}", "{}: a seminar", "History of {}")
FORMS: Final = (
    "Lecture",
    "Exercise",
    "Tutorial",
    "Demonstration",
    "Guest talk",
    "Student project",
    "Discussion",
    "Summary",
)
TOPICS: Final = [
    "accuracy", "analogy", "balance", "boundary", "cause", "change", "colour", "comparison", "contrast", "cycle",
    "decay", "density", "depth", "detail", "distance", "energy", "error", "evidence", "experiment", "field", "flow",
    "form", "frequency", "function", "growth", "harmony", "hypothesis", "inference", "interval", "layer", "light",
    "limit", "line", "material", "matter", "measure", "memory", "method", "model", "motion", "network", "noise",
    "number", "order", "origin", "outline", "pattern", "perspective", "pressure", "process", "proof", "proportion",
    "reaction", "rhythm", "sample", "scale", "sequence", "series", "shadow", "shape", "signal", "source", "space",
    "structure", "surface", "symmetry", "system", "tension", "texture", "theory", "time", "value", "variable",
    "volume", "wave", "weight",
]  # fmt: skip
LINES: Final = (
    "Could you show the part about {} again?",
    "I think {} and {} belong together here.",
    "The example with {} helped me a lot.",
    "Where can I read more about {}?",
    "We had {} last week as well.",
    "My result for {} is different.",
    "Good morning!",
    "Thank you, that was clear.",
    "Is {} in the exam?",
    "The slide about {} is hard to read.",
)
ANSWERS: Final = ("Yes: see the chapter about {}.", "We come back to {} next week.", "No, {} is enough for now.")


def full_name(random: Random) -> str:
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"


def course_title(number: int) -> str:
    """Returns the title of a course. The first 220 differ."""
    level, subject = LEVELS[number // len(SUBJECTS) % len(LEVELS)], SUBJECTS[number % len(SUBJECTS)]
    return level.format(subject)


def media_title(random: Random, subject: str) -> str:
    first, second = random.sample(TOPICS, 2)
    return f"{random.choice(FORMS)}: {first} and {second} in {subject}"


def description(random: Random) -> str:
    return f"About {', '.join(random.sample(TOPICS, 8))}."


def line(random: Random) -> str:
    return random.choice(LINES).format(*random.sample(TOPICS, 2))


def answer(random: Random) -> str:
    return random.choice(ANSWERS).format(random.choice(TOPICS))
