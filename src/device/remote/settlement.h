// What has become of a command that changes a zone, and whose answer was lost with the connection: what the zone says
// afterwards, and what is left to send. Pure.
//
// It rests on two things. Nobody else writes to the zone, so that it holds what was there before, and as much of the
// command's as was carried out. And what was sent before can have no effect any more. Where the zone is as neither of
// them could have left it, somebody else has changed it, and nothing is sent again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/nvme/command.h"
#include "zonecopy/command.h"
#include "zonecopy/zone.h"

namespace zonecopy::remote {

/// What a command does to its zone.
struct Change {
  enum class Kind : std::uint8_t { write, write_zeroes, append, copy, manage };
  Kind kind = Kind::write;
  /// Where it writes: the write pointer that the zone has before. Of `append` and `manage` the start of the zone.
  Lba start_lba = 0;
  std::uint64_t blocks = 0;
  ZoneAction action = ZoneAction::open;  ///< of `manage`
};

/// Nothing for a command that changes no zone: it may be sent again at any time.
[[nodiscard]] std::optional<Change> change_of(const nvme::Command& command);
/// Whether a command of the kind has to know the write pointer before it is sent, to be settled later. A write says
/// where it writes; without the pointer nobody could tell an append that was carried out from one that was not, nor a
/// zone that was not reset from one that was written after that.
[[nodiscard]] bool needs_pointer(const Change& change);

enum class Fate : std::uint8_t {
  untouched,  ///< nothing was carried out
  part,       ///< the zone has `blocks_done` of the data
  whole,      ///< all was
  foreign,    ///< the zone is as the command cannot have left it
};
struct Judgement {
  Fate fate = Fate::foreign;
  std::uint64_t blocks_done = 0;  ///< between the pointers before and now; what is there still has to be looked at
};
/// `pointer_lba` is the write pointer before the command, if it is known: of `write`, `write_zeroes` and `copy` it is
/// where they write.
[[nodiscard]] Judgement judge(const Change& change, std::optional<Lba> pointer_lba, const Zone& now);

/// Where the next write of the zone goes; the end of a full one.
[[nodiscard]] Lba pointer_of(const Zone& zone);

/// What is left to send of `command`, which writes data or zeros, when `blocks_done` are in the zone. An append, whose
/// place is known then, becomes a write at `start_lba`.
[[nodiscard]] nvme::Command rest_of(nvme::Command command, Lba start_lba, std::uint64_t blocks_done,
                                    std::uint32_t block_size_bytes);

/// What is left to send of a Copy. Moving it does not move the list in memory.
struct CopyRest {
  std::vector<nvme::SourceRange> ranges;
  nvme::Command command;
  std::uint32_t ranges_done = 0;  ///< by which the number of a range that fails has to be raised
};
[[nodiscard]] CopyRest rest_of_copy(const nvme::Command& command, std::uint64_t blocks_done);

}  // namespace zonecopy::remote
