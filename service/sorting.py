"""What becomes of each file of an upload: new, there already, or refused by name."""

from imaging import Instance, Refused
from service.images import FileStatus, Known, UploadedFile
from service.multipart import Arrived


class Sorting:
    """Decides about one file after the other, in the order of the upload."""

    def __init__(self, subject_id: str, known: Known) -> None:
        self.files: list[UploadedFile] = []
        self.new: dict[str, list[tuple[Arrived, Instance]]] = {}
        """By Series Instance UID; empty for a series of which there were duplicates alone."""
        self._subject_id = subject_id
        self._known = known
        self._digests = dict(known.digests)
        self._identities = {
            uid: (row.study_uid, row.modality, row.kind) for uid, row in known.series.items()
        }

    def take(self, file: Arrived, found: Instance | Refused) -> None:
        """Decide about the next file."""
        if isinstance(found, Instance):
            outcome = self._conflict(found, file.sha256) or self._kept(file, found)
        else:
            outcome = found
        self.files.append(_told(file.name, outcome))

    def _conflict(self, instance: Instance, sha256: str) -> Refused | None:
        stored = self._known.series.get(instance.series_uid)
        if stored is not None and stored.subject_id != self._subject_id:
            says = "Its series is stored under another subject of this trial: check whose it is."
            return Refused("OTHER_SUBJECT", says)
        if self._digests.get(instance.sop_instance_uid, sha256) != sha256:
            says = "Another file with its SOP Instance UID (0008,0018) is stored: give it its own."
            return Refused("SOP_INSTANCE_CONFLICT", says)
        identity = self._identities.setdefault(instance.series_uid, _identity(instance))
        if identity != _identity(instance):
            says = "Its series is stored with another study, modality or kind: give it its own UID."
            return Refused("SERIES_CONFLICT", says)
        return None

    def _kept(self, file: Arrived, instance: Instance) -> FileStatus:
        new = self.new.setdefault(instance.series_uid, [])
        if instance.sop_instance_uid in self._digests:
            return FileStatus.DUPLICATE
        self._digests[instance.sop_instance_uid] = file.sha256
        new.append((file, instance))
        return FileStatus.STORED


def _identity(instance: Instance) -> tuple[str, str, str]:
    return instance.study_uid, instance.modality, instance.kind


def _told(name: str, outcome: FileStatus | Refused) -> UploadedFile:
    if isinstance(outcome, Refused):
        refused = FileStatus.REFUSED
        return UploadedFile(name=name, status=refused, code=outcome.code, says=outcome.says)
    return UploadedFile(name=name, status=outcome)
