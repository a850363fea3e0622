"""What waits for a slow reader."""

from collections import deque

from server.sockets.packets import Frame


class Outbox:
    """Frames in their order, bounded; of a key only the newest waits, in the place of the first."""

    __slots__ = ("_bytes_max", "_newest", "_packets_max", "_places", "size")

    def __init__(self, *, packets: int, size: int) -> None:
        self._packets_max = packets
        self._bytes_max = size
        self._places: deque[list[Frame]] = deque()  # each holds one frame, which may be replaced
        self._newest: dict[str, list[Frame]] = {}
        self.size = 0  # bytes

    def __len__(self) -> int:
        return len(self._places)

    def put(self, frame: Frame) -> bool:
        """Let a frame wait; False when that is more than may wait."""
        place = self._newest.get(frame.key) if frame.key is not None else None
        if place is None:
            place = [frame]
            self._places.append(place)
            self.size += len(frame.data)
            if frame.key is not None:
                self._newest[frame.key] = place
        elif frame.version >= place[0].version:
            self.size += len(frame.data) - len(place[0].data)
            place[0] = frame
        return len(self._places) <= self._packets_max and self.size <= self._bytes_max

    def take(self) -> Frame:
        """The frame that has waited longest."""
        (frame,) = self._places.popleft()
        self.size -= len(frame.data)
        if frame.key is not None:
            del self._newest[frame.key]
        return frame
