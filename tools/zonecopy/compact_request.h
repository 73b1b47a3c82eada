// What `zonecopy compact` was asked for, and what the mount says to it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tools/compact/live_list.h"
#include "tools/compact/plan.h"
#include "tools/compact/plan_file.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::tools {

struct CompactArguments {
  std::string mount_point;
  std::string live;
  std::string map;
  std::vector<std::string> victims;
  std::vector<std::string> destinations;
  std::uint64_t bytes_per_second = 0;
  bool background = false;
  bool dry_run = false;
  bool json = false;
};

/// What the command line names, looked up.
struct CompactRequest {
  std::vector<std::string> mount_points;  ///< names of the same folder; the first is the canonical one
  std::string map_path;
  std::set<compact::ZoneNumber> victims;
  std::vector<compact::ZoneNumber> destinations;

  [[nodiscard]] const std::string& mount_point() const { return mount_points.front(); }
};

/// What the mount tells about itself.
struct CompactMount {
  std::string uuid;
  compact::PlanLimits limits;
};

/// EINVAL that says all (Error::detail_says_all) is wrong usage.
Result<CompactRequest> make_request(const CompactArguments& arguments);

/// EINVAL for what is no mount of zonecopyfs, EROFS.
Result<CompactMount> ask_mount(const std::string& path);

/// The text of the list; "-" is standard input.
Result<std::string> read_live_list(const std::string& path);

/// Held as long as the result lives. EBUSY: another compact would plan with the same empty zones.
Result<FileDescriptor> lock_mount(const std::string& mount_point);

/// What has to be the same for a second run.
[[nodiscard]] compact::PlanIdentity identity_of(const compact::LiveList& list, const CompactRequest& request,
                                                const CompactMount& mount, const compact::ZoneFiles& zones);

/// Whether the caller may read and write all zones of a plan.
Status check_access(const compact::Plan& plan, const std::string& mount_point);

}  // namespace zonecopy::tools
