"""Write all transcripts anew."""

from tests.kubectl_order.transcripts import FOLDER, played

for file in sorted(FOLDER.glob("*.txt")):
    file.write_text(played(file.read_text()))
