#include "src/nvme/error_status.h"

#include <cerrno>

#include "src/nvme/status.h"

namespace zonecopy::nvme {
namespace {

constexpr unsigned type_shift = 8;
constexpr unsigned type_media_errors = 2;

/// Whether a drive's status means the same for a host of the target as for the target.
bool holds_for_host(StatusCode code) {
  return code >> type_shift == type_media_errors || code == status::capacity_exceeded ||
         code == status::namespace_write_protected;
}

ErrorStatus status_of_errno(int code, MediaAccess access) {
  switch (code) {
    // The file below an image cannot grow. To a host this is a namespace without room.
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return {status::capacity_exceeded, true};
    case EROFS: return {status::namespace_write_protected, true};
    // The command was cancelled, or memory was short for a moment: another try may succeed.
    case EINTR:
    case ECANCELED: return {status::abort_requested, false};
    case ENOMEM:
    case EAGAIN: return {status::internal_error, false};
    case EOPNOTSUPP: return {status::invalid_opcode, true};
    case EIO: return {access == MediaAccess::read ? status::unrecovered_read_error : status::write_fault, true};
    default: return {status::internal_error, true};  // nothing that a host could do anything about
  }
}

}  // namespace

ErrorStatus status_of(const Error& error, MediaAccess access) {
  if (error.zone_refusal()) return {status_code(*error.zone_refusal()), true};
  if (error.nvme_status() && holds_for_host(*error.nvme_status())) return {*error.nvme_status(), true};
  // A drive that refuses for another reason refuses what the target has made of the command.
  if (error.nvme_status()) return {status::internal_error, true};
  return status_of_errno(error.code(), access);
}

}  // namespace zonecopy::nvme
