// Opens what a copy needs, and checks that all of it can be done. Nothing is changed.
#pragma once

#include <memory>
#include <vector>

#include "tools/zonecopy/copy_arguments.h"
#include "tools/zonecopy/copy_files.h"
#include "tools/zonecopy/copy_request.h"

namespace zonecopy::tools {

struct PreparedCopy {
  std::vector<CopySource> sources;  ///< they point into `files`
  std::vector<CopyTarget> targets;
  std::vector<std::shared_ptr<GatherFile>> readers;  ///< the targets, open for reading, where they are to be verified

  [[nodiscard]] std::vector<GatherRange> ranges() const;
  [[nodiscard]] std::vector<GatherDestination> destinations() const;
  [[nodiscard]] std::uint64_t total_bytes() const;
};

/// `files` must outlive what is prepared.
Result<PreparedCopy> prepare_copy(CopyFiles& files, const CopyArguments& arguments);

}  // namespace zonecopy::tools
