// What is an image, who may open it, and how one is made.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <functional>

#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

namespace fs = std::filesystem;

class ImageFiles : public ImageDeviceTest {};

TEST_F(ImageFiles, InspectionLooksAtAnImageInUse) {
  create(spec_of(4096, 5, 1));
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  set_bad(2, ZoneCondition::offline);
  const auto inspected = inspect_image(path_.string());
  ASSERT_TRUE(inspected.ok()) << inspected.error().to_string();
  EXPECT_EQ(inspected->first.zone_count, 5U);
  EXPECT_EQ(inspected->first.copy_mechanism, device().info().copy_mechanism);
  const std::vector<Zone> zones = report();
  ASSERT_EQ(inspected->second.size(), zones.size());
  for (std::size_t i = 0; i < zones.size(); ++i) {
    EXPECT_EQ(inspected->second[i].condition, zones[i].condition) << i;
    EXPECT_EQ(inspected->second[i].type, zones[i].type) << i;
    EXPECT_EQ(inspected->second[i].write_pointer_lba, zones[i].write_pointer_lba) << i;
    EXPECT_EQ(inspected->second[i].capacity_blocks, zones[i].capacity_blocks) << i;
  }
  EXPECT_EQ(state_words(1), "implicit-open at 2") << "an inspection changes nothing";
  EXPECT_EQ(code_of(inspect_image(path_.string() + ".no")), ENOENT);
}

TEST_F(ImageFiles, OneProcessAtATime) {
  int ready[2];
  int leave[2];
  ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(leave, O_CLOEXEC), 0);
  const std::string path = path_.string();
  ASSERT_TRUE(create_image(path, spec_of(4096, 3)).ok());
  const pid_t holder = fork();
  if (holder == 0) {  // another process opens an image, and keeps it until it is told to go
    close(leave[1]);
    const std::unique_ptr<EventLoop> own = make_loop();
    const Result<std::unique_ptr<ZonedDevice>> opened = open_image(*own, path, false);
    char word = opened ? 'y' : 'n';
    if (::write(ready[1], &word, 1) != 1 || ::read(leave[0], &word, 1) < 0) _exit(1);
    _exit(0);
  }
  close(leave[0]);
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  ASSERT_EQ(word, 'y');
  const Result<std::unique_ptr<ZonedDevice>> refused = open_image(loop(), path, false);
  EXPECT_EQ(code_of(refused), EBUSY);
  EXPECT_TRUE(inspect_image(path).ok());
  EXPECT_TRUE(set_image_zone_condition(path, 1, ZoneCondition::read_only).ok());
  close(leave[1]);  // the holder is about to end, and is waited for
  EXPECT_EQ(code_of(open_image(loop(), path, false)), 0);
  int status = -1;
  EXPECT_EQ(waitpid(holder, &status, 0), holder);
  EXPECT_EQ(status, 0);
  for (const int fd : {ready[0], ready[1]}) close(fd);
}

TEST_F(ImageFiles, AClosedImageIsFreeAtOnce) {
  // What a ring does for a moment after the last request: it still refers to the open file.
  create(spec_of(4096, 3));
  std::vector<FileDescriptor> held;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code failure;
    if (fs::read_symlink(entry.path(), failure) != path_) continue;
    held.emplace_back(fcntl(std::stoi(entry.path().filename().string()), F_DUPFD_CLOEXEC, 3));
  }
  ASSERT_FALSE(held.empty());
  close_device();
  EXPECT_EQ(code_of(open_image(loop(), path_.string(), false)), 0);
}

TEST_F(ImageFiles, DamageIsNotOpened) {
  const ImageSpec spec = spec_of(4096, 5, 1);
  const auto refusal = [this] {
    const Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), path_.string(), false);
    EXPECT_EQ(code_of(opened), EINVAL);
    return opened ? std::string("opened") : opened.error().to_string();
  };
  const auto expect_refusal = [&](const char* part_of_it) {
    const std::string text = refusal();
    EXPECT_NE(text.find(part_of_it), std::string::npos) << text;
  };
  struct Row {
    ZoneIndex zone;
    std::uint64_t word;
  };
  const auto word = [](std::uint64_t number, std::uint64_t pointer) { return number << 60U | pointer; };
  const Row rows[] = {{0, word(1, 0)},
                      {0, word(14, 0)},
                      {1, word(0, 0)},
                      {2, word(2, zone_capacity + 1)},
                      {3, word(5, 0)},
                      {3, word(12, 0)},
                      {4, word(4, runt_size + 1)},
                      {1, word(4, std::uint64_t{2} << 36U | 1U)},  // more blocks to be synced than there are
                      {1, ~std::uint64_t{0}}};
  for (const Row& row : rows) {
    create(spec);
    close_device();
    set_word(row.zone, row.word);
    expect_refusal("table is damaged");
    EXPECT_NE(refusal().find(fmt::format("zone {}", row.zone)), std::string::npos);
  }
  create(spec);
  close_device();
  const auto size = fs::file_size(path_);
  fs::resize_file(path_, size - 1);
  expect_refusal("truncated");
  fs::resize_file(path_, size + 1);
  EXPECT_EQ(code_of(open_image(loop(), path_.string(), false)), 0) << "more than is needed does no harm";
  fs::resize_file(path_, size);
  write_file(100, "x", 1);
  expect_refusal("checksum");
  write_file(8, "\x02", 1);
  expect_refusal("version 2");
  write_file(0, "z", 1);
  expect_refusal("no zoned image");
  fs::resize_file(path_, 0);
  expect_refusal("no zoned image");
  EXPECT_EQ(code_of(open_image(loop(), (folder_ / "none").string(), false)), ENOENT);
  EXPECT_NE(code_of(open_image(loop(), folder_.string(), false)), 0);
}

TEST_F(ImageFiles, WhatIsAnImage) {
  create(spec_of(4096, 3));
  const auto is = [](const fs::path& path) {
    const Result<bool> image = is_image(path.string());
    EXPECT_TRUE(image.ok()) << path;
    return image && *image;
  };
  EXPECT_TRUE(is(path_));
  write_file(8, "\x07", 1);
  EXPECT_TRUE(is(path_)) << "of another version, but an image";
  write_file(0, "z", 1);
  EXPECT_FALSE(is(path_));
  const fs::path small = folder_ / "small";
  for (const char* const text : {"", "ZCIMAGE", "some text that is no image"}) {
    std::ofstream(small) << text;
    EXPECT_FALSE(is(small)) << text;
  }
  EXPECT_EQ(code_of(is_image((folder_ / "none").string())), ENOENT);
}

TEST_F(ImageFiles, WhatCannotBeCreatedLeavesNothingBehind) {
  struct Row {
    std::function<void(ImageSpec&)> change;
    int code;
    std::string part;
  };
  const std::vector<Row> rows = {
      {[](ImageSpec& s) { s.block_size_bytes = 0; }, EINVAL, "block size"},
      {[](ImageSpec& s) { s.block_size_bytes = 1024; }, EINVAL, "block size"},
      {[](ImageSpec& s) { s.block_size_bytes = 8192; }, EINVAL, "block size"},
      {[](ImageSpec& s) { s.zone_size_bytes = 0; }, EINVAL, "zone size"},
      {[](ImageSpec& s) { s.zone_size_bytes += 512; }, EINVAL, "zone size"},
      {[](ImageSpec& s) { s.zone_size_bytes = 4096, s.zone_capacity_bytes = 0; }, EINVAL, "8192"},
      {[](ImageSpec& s) { s.zone_capacity_bytes = s.zone_size_bytes + 4096; }, EINVAL, "capacity"},
      {[](ImageSpec& s) { s.zone_capacity_bytes += 512; }, EINVAL, "capacity"},
      {[](ImageSpec& s) { s.block_size_bytes = 512, s.zone_capacity_bytes = 3584; }, EINVAL, "4096"},
      {[](ImageSpec& s) { s.size_bytes += 512; }, EINVAL, "size"},
      {[](ImageSpec& s) { s.size_bytes = 0; }, EINVAL, "two zones"},
      {[](ImageSpec& s) { s.size_bytes = s.zone_size_bytes; }, EINVAL, "two zones"},
      {[](ImageSpec& s) { s.conventional_zones = 6; }, EINVAL, "conventional"},
      {[](ImageSpec& s) { s.max_open_zones = 3, s.max_active_zones = 2; }, EINVAL, "active"},
      {[](ImageSpec& s) { s.size_bytes = std::uint64_t{1} << 58U; }, EINVAL, "zones"},
      {[](ImageSpec& s) { s.size_bytes = ~std::uint64_t{0} << 12U; }, EINVAL, ""},
      {[](ImageSpec& s) { s.zone_size_bytes = ~std::uint64_t{0} << 12U; }, EINVAL, "two zones"},
      {[](ImageSpec& s) { s.size_bytes = s.zone_size_bytes = std::uint64_t{1} << 59U, s.size_bytes *= 16; }, EINVAL,
       ""},
  };
  const fs::path fresh = folder_ / "fresh.img";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ImageSpec spec = spec_of(4096, 5);
    rows[i].change(spec);
    const Status created = create_image(fresh.string(), spec);
    EXPECT_EQ(code_of(created), rows[i].code) << "row " << i;
    if (!created) {
      EXPECT_NE(created.error().detail().find(rows[i].part), std::string::npos) << created.error().to_string();
      EXPECT_EQ(created.error().device(), fresh.string());
    }
    EXPECT_TRUE(fs::is_empty(folder_)) << "row " << i;
    fs::remove(fresh);
  }
  EXPECT_EQ(code_of(create_image((folder_ / "no" / "such.img").string(), spec_of(4096, 5))), ENOENT);

  // A file system whose files cannot be that large would say the same, but not every one has such a limit.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1U << 20, before.rlim_max};
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status created = create_image(fresh.string(), spec_of(4096, 5));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(code_of(created), EFBIG);
  EXPECT_TRUE(fs::is_empty(folder_));

  std::ofstream(fresh) << "precious";
  EXPECT_EQ(code_of(create_image(fresh.string(), spec_of(4096, 5))), EEXIST);
  std::string text;
  std::ifstream(fresh) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ImageFiles, WhatIsAtTheEdgeCanBeCreated) {
  ImageSpec smallest;
  smallest.zone_size_bytes = 8192;
  smallest.size_bytes = 8192 + 512;
  smallest.block_size_bytes = 512;
  smallest.zone_capacity_bytes = 4096;
  create(smallest);
  ASSERT_EQ(report().size(), 2U);
  EXPECT_EQ(report()[0].capacity_blocks, 8U);
  EXPECT_EQ(report()[1].capacity_blocks, 1U);
  EXPECT_EQ(code_of(append(1, {1})), 0);
  EXPECT_EQ(content(1), Stamps{1});

  ImageSpec all = spec_of(4096, 4, 4);
  all.max_open_zones = 7;
  create(all);
  EXPECT_EQ(report()[3].type, ZoneType::conventional);
  EXPECT_EQ(device().info().resource_limits.max_open_zones, 7U);
  EXPECT_EQ(device().info().resource_limits.max_active_zones, 0U);

  ImageSpec many = spec_of(512, 200'000);  // the table is longer than 1 MiB, and the data begin behind it
  create(many);
  ASSERT_TRUE(write(start_of(199'998), {5}).ok());
  reopen();
  EXPECT_EQ(state_words(199'998), "closed at 1");
  EXPECT_EQ(read(start_of(199'998), 2), (Stamps{5, 0}));
  EXPECT_EQ(data_offset_bytes(), 2U << 20U);
}

}  // namespace
}  // namespace zonecopy::test
