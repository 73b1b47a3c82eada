// The claim to a namespace across the network: programs of this machine that open the same one exclude one another, as
// those do that open a local device.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::remote {

/// A lock (flock(2)) of a file that is named after the namespace's identity. It goes with the process.
/// It is advice among programs that ask for it: other users may take it too, and other machines know nothing of it.
class Claim {
 public:
  /// No claim.
  Claim() = default;
  /// /run/lock, where all users may write to it, else what they may write to everywhere. The first that takes the file
  /// counts.
  static std::vector<std::string> usual_folders() { return {"/run/lock", "/dev/shm", "/tmp"}; }
  /// `identity` is that of the namespace, `path` the name of the device, for errors. EBUSY: another program has the
  /// namespace open, for writing or, if not `read_only`, at all.
  static Result<Claim> take(const std::string& identity, const std::string& path, bool read_only,
                            const std::vector<std::string>& folders = usual_folders());

  /// Excludes those who read too. EBUSY where there are any; the claim stays what it was then.
  Status make_exclusive(const std::string& path);

 private:
  explicit Claim(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace zonecopy::remote
