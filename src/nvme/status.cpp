// The one table of what NVMe status codes mean, and the meaning of errors from the kernel.
#include "src/nvme/status.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace zonecopy::nvme {
namespace {

// cqe->res above 0 is the Status Field without its phase bit: SC 7:0, SCT 10:8, CRD 12:11, More 13, DNR 14. The last
// three are advice on retries and are ignored: the status code alone decides what to do.
constexpr unsigned status_code_mask = 0x7ff;

constexpr CopyDecision fall_back = CopyDecision::fall_back;
constexpr CopyDecision never = CopyDecision::never;
constexpr CopyDecision fail = CopyDecision::fail;
// The write pointer is where it was assumed to be: the command was refused before it reached a zone.
constexpr bool holds = false;
// The write pointer may be elsewhere: the status says so, or it may come from a late range of a Copy, when the ranges
// before it have been written already.
constexpr bool resync = true;

/// A refusal by the zone: it would refuse a write as well, so the Copy fails.
constexpr StatusMeaning zone_refusal(StatusCode code, bool resync_zone, std::string_view name, ZoneRefusal refusal,
                                     std::optional<CopySide> side = std::nullopt) {
  return StatusMeaning{code, fail, resync_zone, to_errno(refusal), name, refusal, side};
}

// errno: a zone's refusal has to_errno(ZoneRefusal). EOPNOTSUPP: the drive lacks the command. Everything else is EIO.
// EINVAL is kept for a zone in the wrong condition, so an invalid command of this program is EIO too.
//
// Copy: fall_back where reading and writing may do what this Copy could not. never where the reason is common to all
// Copies of this program: the opcode, descriptors of format 0, or the limits that the namespace announces. fail where
// reading and writing would be refused as well, or where it is not known what the drive has done.
constexpr StatusMeaning table[] = {
    // Generic. The first two: a drive without Copy, or one that does not take descriptors of format 0.
    {status::invalid_opcode, never, holds, EOPNOTSUPP, "Invalid Command Opcode"},
    {status::invalid_field, never, holds, EIO, "Invalid Field in Command"},
    // QEMU before 8.1 reports every error after the start of a Copy as this one, even a wrong write pointer.
    {0x006, fail, resync, EIO, "Internal Error"},
    {0x007, fail, resync, EIO, "Command Abort Requested"},
    {0x008, fail, resync, EIO, "Command Aborted due to SQ Deletion"},
    // Drives use it also for descriptors that do not fit the protection information. If the namespace is gone, the read
    // of the emulation will fail.
    {0x00b, never, holds, EIO, "Invalid Namespace or Format"},
    // A source or the destination is out of range, so a read or a write would fail as well.
    {0x080, fail, resync, EIO, "LBA Out of Range"},

    // NVM command set. Namespaces with protection information are not supported, so reads and writes would fail as
    // well.
    {0x181, fail, resync, EIO, "Invalid Protection Information"},
    {0x182, fail, resync, EROFS, "Attempted Write to Read Only Range"},
    // The limits in force are not those that were announced, for example after a format.
    {0x183, never, resync, EIO, "Command Size Limit Exceeded"},
    {0x185, never, resync, EIO, "Incompatible Namespace or Format"},
    // The DNR bit says whether another controller may be faster. It does not matter, as only this one is used.
    {0x186, fall_back, resync, EOPNOTSUPP, "Fast Copy Not Possible"},
    // A read below the write pointer and a write at it cannot overlap, but QEMU reports overlaps where there are none.
    {0x187, fall_back, resync, EIO, "Overlapping I/O Range"},
    {0x188, fall_back, resync, EIO, "Namespace Not Reachable"},
    {0x189, fall_back, resync, EIO, "Insufficient Resources"},

    // Zoned command set. The first two concern random write areas, which this program does not use.
    {0x1b6, fail, resync, EINVAL, "Invalid Zone Operation Request"},
    {0x1b7, fail, holds, EIO, "Zone Random Write Area Resources Unavailable"},
    zone_refusal(0x1b8, resync, "Zone Boundary Error", ZoneRefusal::boundary),
    zone_refusal(0x1b9, resync, "Zone Is Full", ZoneRefusal::full, CopySide::destination),
    zone_refusal(0x1ba, resync, "Zone Is Read Only", ZoneRefusal::read_only, CopySide::destination),
    zone_refusal(0x1bb, resync, "Zone Is Offline", ZoneRefusal::offline),
    zone_refusal(0x1bc, resync, "Zone Invalid Write", ZoneRefusal::invalid_write, CopySide::destination),
    // A write would need the same resources as the Copy.
    zone_refusal(0x1bd, holds, "Too Many Active Zones", ZoneRefusal::too_many_active, CopySide::destination),
    zone_refusal(0x1be, holds, "Too Many Open Zones", ZoneRefusal::too_many_open, CopySide::destination),
    zone_refusal(0x1bf, resync, "Invalid Zone State Transition", ZoneRefusal::invalid_transition,
                 CopySide::destination),

    // Media errors. A read would fail as the Copy did; a failed write of the Copy has moved the write pointer.
    {0x280, fail, resync, EIO, "Write Fault", std::nullopt, CopySide::destination},
    {0x281, fail, resync, EIO, "Unrecovered Read Error", std::nullopt, CopySide::source},
    {0x282, fail, resync, EIO, "End-to-end Guard Check Error"},
    {0x283, fail, resync, EIO, "End-to-end Application Tag Check Error"},
    {0x284, fail, resync, EIO, "End-to-end Reference Tag Check Error"},
    {0x287, fail, resync, EIO, "Deallocated or Unwritten Logical Block", std::nullopt, CopySide::source},

    // Path errors. The command may have been carried out.
    {0x370, fail, resync, EIO, "Host Pathing Error"},
    {0x371, fail, resync, EIO, "Command Aborted By Host"},
};

constexpr StatusMeaning unknown{0, fail, resync, EIO, "unknown status"};

/// Whether the kernel did not send the command to the drive: it does not support it, or the process may not send it
/// (before Linux 6.2 only CAP_SYS_ADMIN may send any; later the drive's effects log has to list the command for other
/// users).
bool refused_by_kernel(std::int64_t code) {
  return code == EACCES || code == EPERM || code == EINVAL || code == EOPNOTSUPP;
}

/// Passes on those errors of the kernel that a user can act on; the others become EIO. They are about a device that
/// went away, or mean something else to a program: EINTR a signal, EAGAIN a non-blocking file.
int errno_of(std::int64_t code) { return refused_by_kernel(code) || code == ENOMEM ? static_cast<int>(code) : EIO; }

/// The detail of an error whose errno was changed by errno_of().
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

StatusCode status_code(ZoneRefusal refusal) {
  const auto* const found = std::find_if(std::begin(table), std::end(table), [refusal](const StatusMeaning& meaning) {
    return meaning.refusal == refusal;
  });
  return found == std::end(table) ? status::internal_error : found->code;
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
  // The caller has found the destination writable, so an offline zone is one of the sources.
  if (meaning.refusal == ZoneRefusal::offline) return CopySide::source;
  return meaning.side;
}

bool lacks_command(std::int32_t result) {
  // EINVAL is not for good: a multipath device whose paths are gone for now answers it too.
  if (result < 0) return result != -EINVAL && refused_by_kernel(-std::int64_t{result});
  return status_code(result) == status::invalid_opcode || is_invalid_field(result);
}

bool is_invalid_field(std::int32_t result) { return result > 0 && status_code(result) == status::invalid_field; }

CopyDecision copy_decision(std::int32_t result) {
  if (result == -EINVAL) return fall_back;  // see lacks_command()
  if (result < 0) return lacks_command(result) ? never : fail;
  return meaning_of(status_code(result)).copy_decision;
}

}  // namespace zonecopy::nvme
