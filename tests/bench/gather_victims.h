// Victims of a garbage collection: zone files full of records, some of which are live, and where these are to go.
#pragma once

#include "tests/bench/measure.h"

namespace bench {

struct VictimOptions {
  std::string mount_point;
  std::uint64_t record_bytes = 8192;
  unsigned live_percent = 50;
  unsigned victims = 4;
  std::uint64_t fill_bytes = 16 * mebibyte;  ///< of each
  std::uint64_t seed = 1;
};

struct LiveRange {
  unsigned victim;
  std::uint64_t offset_bytes;
  std::uint64_t length_bytes;
};

/// What goes to one destination, to its start.
struct Load {
  std::unique_ptr<File> destination;
  std::vector<LiveRange> ranges;
  std::uint64_t bytes = 0;
};

/// The first zone files of a mount are the victims; the next ones, as many, take what is live in them.
class Victims {
 public:
  /// Fills them, and chooses what is live.
  explicit Victims(const VictimOptions& options);

  [[nodiscard]] const VictimOptions& options() const { return options_; }
  [[nodiscard]] const File& file(unsigned victim) const { return *files_[victim]; }
  [[nodiscard]] std::uint64_t inode(unsigned victim) const { return inodes_[victim]; }
  [[nodiscard]] const std::vector<Load>& loads() const { return loads_; }
  [[nodiscard]] std::uint64_t live_bytes() const { return live_bytes_; }
  [[nodiscard]] std::size_t ranges() const { return ranges_; }

  void empty_destinations() const;
  /// That every record is where it belongs, and is what it was.
  void check_destinations() const;

 private:
  [[nodiscard]] std::string path(unsigned zone) const { return fmt::format("{}/seq/{}", options_.mount_point, zone); }
  void make_record(unsigned victim, std::uint64_t number, std::byte* data) const;
  void fill() const;
  void plan();
  void add(unsigned victim, std::uint64_t offset_bytes, bool neighbour);

  VictimOptions options_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<std::uint64_t> inodes_;
  std::vector<Load> loads_;
  std::uint64_t live_bytes_ = 0;
  std::size_t ranges_ = 0;
};

}  // namespace bench
