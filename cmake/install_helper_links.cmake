# Run by `cmake --install`: the other names of the mount helper, and the way from /sbin to the helpers. `helper_folder` is
# where they were installed, absolute or below the prefix.

if(NOT IS_ABSOLUTE "${helper_folder}")
  set(helper_folder "${CMAKE_INSTALL_PREFIX}/${helper_folder}")
endif()
cmake_path(NORMAL_PATH helper_folder)

# mount(8) runs the helper of the type that fstab names, and the one of the type that the kernel shows ("fuse.zonecopyfs")
# for remounts and unmounts.
set(links mount.fuse.zonecopyfs umount.zonecopyfs umount.fuse.zonecopyfs)
foreach(link IN LISTS links)
  message(STATUS "Installing: $ENV{DESTDIR}${helper_folder}/${link}")
  file(CREATE_LINK mount.zonecopyfs "$ENV{DESTDIR}${helper_folder}/${link}" SYMBOLIC)
endforeach()

# /usr/sbin is /sbin where /usr is merged, under DESTDIR or not.
file(REAL_PATH /sbin system_folder)
set(prefix "${CMAKE_INSTALL_PREFIX}")
cmake_path(NORMAL_PATH prefix)
string(REGEX REPLACE "(.)/$" "\\1" prefix "${prefix}")
# Where /usr/sbin is a link itself, the helpers must not become links to themselves.
file(REAL_PATH "${helper_folder}" real_helper_folder)
if(helper_folder STREQUAL system_folder OR real_helper_folder STREQUAL system_folder OR helper_folder STREQUAL "/sbin")
  return()
endif()
if(prefix STREQUAL "/usr/local" OR prefix STREQUAL "/usr" OR prefix STREQUAL "/")
  file(MAKE_DIRECTORY "$ENV{DESTDIR}/sbin")
  foreach(helper IN ITEMS mkfs.zonecopyfs mount.zonecopyfs ${links})
    message(STATUS "Installing: $ENV{DESTDIR}/sbin/${helper}")
    file(CREATE_LINK "${helper_folder}/${helper}" "$ENV{DESTDIR}/sbin/${helper}" SYMBOLIC)
  endforeach()
else()
  message(STATUS "mount(8) and mkfs(8) look for helpers in /sbin only; as root: ln -s ${helper_folder}/*.zonecopyfs /sbin/")
endif()
