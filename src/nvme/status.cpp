// One table of what statuses mean, and what the kernel's own refusals mean next to them.
#include "src/nvme/status.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace zonecopy::nvme {
namespace {

// cqe->res above 0 is the Status Field without its phase bit: SC 7:0, SCT 10:8, CRD 12:11, More 13, DNR 14. The last
// three say when to try again. That is decided here by what went wrong.
constexpr unsigned status_code_mask = 0x7ff;

constexpr CopyDecision fall_back = CopyDecision::fall_back;
constexpr CopyDecision never = CopyDecision::never;
constexpr CopyDecision fail = CopyDecision::fail;
// The pointer that was assumed still holds: the command is refused before it comes to a zone, whichever it is.
constexpr bool holds = false;
// The pointer may be elsewhere: the status says so, or a Copy may get it from a late range, when the ranges before are
// in the zone already.
constexpr bool resync = true;

/// Nothing else would do better in that zone, so the Copy fails.
constexpr StatusMeaning zone_refusal(StatusCode code, bool resync_zone, std::string_view name, ZoneRefusal refusal,
                                     std::optional<CopySide> side = std::nullopt) {
  return StatusMeaning{code, fail, resync_zone, to_errno(refusal), name, refusal, side};
}

// errno: that of a zone's refusal is to_errno(ZoneRefusal). EOPNOTSUPP says that the drive lacks the command. All else is
// EIO; EINVAL in particular is what a zone in the wrong condition answers, and no word for a fault of ours.
//
// Copy: fall_back where reading and writing can do what this Copy could not. never where that is due to what all our Copies
// have in common: the opcode, descriptors of format 0, the limits that the namespace announces and we keep. fail where
// reading and writing would be refused as well, or where nobody knows what the drive has done.
constexpr StatusMeaning table[] = {
    // Generic. A drive without Copy, or one that takes no descriptors of format 0.
    {0x001, never, holds, EOPNOTSUPP, "Invalid Command Opcode"},
    {0x002, never, holds, EIO, "Invalid Field in Command"},
    // QEMU before 8.1 reports every late error of a Copy like this, a wrong write pointer too.
    {0x006, fail, resync, EIO, "Internal Error"},
    {0x007, fail, resync, EIO, "Command Abort Requested"},
    {0x008, fail, resync, EIO, "Command Aborted due to SQ Deletion"},
    // Also for descriptors that do not fit the protection information. If the namespace is gone, the read says so.
    {0x00b, never, holds, EIO, "Invalid Namespace or Format"},
    // Of a source or the destination: neither a read nor a write could go there.
    {0x080, fail, resync, EIO, "LBA Out of Range"},

    // Of the NVM command set. Namespaces with protection information are not handled, by Copy or otherwise.
    {0x181, fail, resync, EIO, "Invalid Protection Information"},
    {0x182, fail, resync, EROFS, "Attempted Write to Read Only Range"},
    // The limits that were announced are not those that hold; after a format, for one.
    {0x183, never, resync, EIO, "Command Size Limit Exceeded"},
    {0x185, never, resync, EIO, "Incompatible Namespace or Format"},
    // With the DNR bit or without: another controller may be faster, but this is the one there is.
    {0x186, fall_back, resync, EOPNOTSUPP, "Fast Copy Not Possible"},
    // A read below the write pointer and a write at it do not disturb each other. QEMU sees overlaps that are none.
    {0x187, fall_back, resync, EIO, "Overlapping I/O Range"},
    {0x188, fall_back, resync, EIO, "Namespace Not Reachable"},
    {0x189, fall_back, resync, EIO, "Insufficient Resources"},

    // Of the Zoned command set. The first two are about random write areas, which nothing here asks for.
    {0x1b6, fail, resync, EINVAL, "Invalid Zone Operation Request"},
    {0x1b7, fail, holds, EIO, "Zone Random Write Area Resources Unavailable"},
    zone_refusal(0x1b8, resync, "Zone Boundary Error", ZoneRefusal::boundary),
    zone_refusal(0x1b9, resync, "Zone Is Full", ZoneRefusal::full, CopySide::destination),
    zone_refusal(0x1ba, resync, "Zone Is Read Only", ZoneRefusal::read_only, CopySide::destination),
    zone_refusal(0x1bb, resync, "Zone Is Offline", ZoneRefusal::offline),
    zone_refusal(0x1bc, resync, "Zone Invalid Write", ZoneRefusal::invalid_write, CopySide::destination),
    // A write needs the same resources as a Copy.
    zone_refusal(0x1bd, holds, "Too Many Active Zones", ZoneRefusal::too_many_active, CopySide::destination),
    zone_refusal(0x1be, holds, "Too Many Open Zones", ZoneRefusal::too_many_open, CopySide::destination),
    zone_refusal(0x1bf, resync, "Invalid Zone State Transition", ZoneRefusal::invalid_transition,
                 CopySide::destination),

    // Media. What a Copy could not read a read cannot either; what it could not write has moved the write pointer.
    {0x280, fail, resync, EIO, "Write Fault", std::nullopt, CopySide::destination},
    {0x281, fail, resync, EIO, "Unrecovered Read Error", std::nullopt, CopySide::source},
    {0x282, fail, resync, EIO, "End-to-end Guard Check Error"},
    {0x283, fail, resync, EIO, "End-to-end Application Tag Check Error"},
    {0x284, fail, resync, EIO, "End-to-end Reference Tag Check Error"},
    {0x287, fail, resync, EIO, "Deallocated or Unwritten Logical Block", std::nullopt, CopySide::source},

    // Path. The command may have been carried out all the same.
    {0x370, fail, resync, EIO, "Host Pathing Error"},
    {0x371, fail, resync, EIO, "Command Aborted By Host"},
};

constexpr StatusMeaning unknown{0, fail, resync, EIO, "unknown status"};

/// The kernel did not let the command go to the drive: it does not take this one, or the process lacks the rights for
/// it (before Linux 6.2 only CAP_SYS_ADMIN may send any; later the drive's effects log has to list it for others).
bool refused_by_kernel(std::int64_t code) {
  return code == EACCES || code == EPERM || code == EINVAL || code == EOPNOTSUPP;
}

/// Of what the kernel says, what a user can do something about. The rest is about a device that went away, or would
/// mean something else to a program: EINTR that a signal came, EAGAIN that the file is non-blocking.
int errno_of(std::int64_t code) { return refused_by_kernel(code) || code == ENOMEM ? static_cast<int>(code) : EIO; }

/// What an error says beyond its errno.
std::string kernel_detail(std::int64_t code) {
  if (errno_of(code) == code) return {};
  if (code == EINTR) return "cancelled by a timeout or a reset of the controller";
  const char* const text = code <= 4095 ? ::strerrordesc_np(static_cast<int>(code)) : nullptr;
  return text == nullptr ? "kernel error " + std::to_string(code) : std::string("the kernel says: ") + text;
}

}  // namespace

StatusCode status_code(std::int32_t result) {
  return static_cast<StatusCode>(static_cast<std::uint32_t>(result) & status_code_mask);
}

const StatusMeaning& meaning_of(StatusCode code) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [code](const StatusMeaning& meaning) { return meaning.code == code; });
  return found == std::end(table) ? unknown : *found;
}

Error make_error(std::int32_t result, std::string operation) {
  if (result < 0) {
    const std::int64_t code = -std::int64_t{result};
    return Error(errno_of(code), std::move(operation), kernel_detail(code));
  }
  const StatusCode code = status_code(result);
  const StatusMeaning& meaning = meaning_of(code);
  Error error(meaning.error, std::move(operation), std::string(meaning.name));
  return error.with_nvme_status(code).with_zone_refusal(meaning.refusal);
}

std::optional<CopySide> failed_side(std::int32_t result) {
  if (result < 0) return std::nullopt;
  const StatusMeaning& meaning = meaning_of(status_code(result));
  // An offline zone that is not the destination is one of the sources.
  if (meaning.refusal == ZoneRefusal::offline) return CopySide::source;
  return meaning.side;
}

CopyDecision copy_decision(std::int32_t result) {
  // EINVAL is also what a path that is gone for now answers; the others stay.
  if (result == -EINVAL) return fall_back;
  if (result < 0) return refused_by_kernel(-std::int64_t{result}) ? never : fail;
  return meaning_of(status_code(result)).copy_decision;
}

}  // namespace zonecopy::nvme
