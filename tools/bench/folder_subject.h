// A folder of a mount, with zone files in seq. Each job is a thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/subject.h"
#include "zonecopy/ioctl.h"

namespace zonecopy::benching {

class FolderSubject final : public Subject {
 public:
  /// EINVAL: this is no folder of a mount of zone files.
  static Result<std::unique_ptr<FolderSubject>> open(const std::string& path);
  /// `files` are the names of all zone files, and `supply` those of them that may be used.
  FolderSubject(SubjectFacts facts, std::vector<std::string> files, Supply supply,
                std::optional<zonecopy_limits> mount);

  /// How many of its files may be written at once, which the folder does not tell.
  void set_limits(const ResourceLimits& limits) { facts_.limits = supply_.limits = limits; }

  Result<Supply> supply(bool destroy) override;
  [[nodiscard]] std::string why_not(Mode mode) const override;
  Status make_writable() override;
  Status reset(const std::vector<std::size_t>& zones) override;
  Status fill(const Plan& plan, const Load& load, const Watch& watch) override;
  Status run(const Plan& plan, const Load& load, const Shape& shape, Mode mode, const Watch& watch,
             Copied& copied) override;
  Status flush(const Plan& plan) override;
  Status read(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override;

 private:
  [[nodiscard]] std::string path_of(std::size_t zone) const { return facts_.name + '/' + files_[zone]; }
  [[nodiscard]] std::vector<std::string> paths_of(const std::vector<std::size_t>& zones) const;

  std::vector<std::string> files_;
  /// Of each file whether it holds what was written here, and may be emptied: another may write to one that was empty.
  /// Jobs have different files, so that no two threads have the same element.
  std::vector<char> ours_;
  Supply supply_;
  std::optional<zonecopy_limits> mount_;  ///< nothing where the mount is not zonecopyfs
};

}  // namespace zonecopy::benching
