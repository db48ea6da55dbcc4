# Run by CPack between installing and packing: adds what only Debian's package has, the changelog and the reasons
# for lintian.
set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(here "${CMAKE_CURRENT_LIST_DIR}")
# The package's date is that of the program, so that the same program makes the same package.
file(TIMESTAMP "${root}/usr/bin/latchkey" changelog_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${here}/changelog.in" "${root}/usr/share/doc/latchkey/changelog" @ONLY)
execute_process(COMMAND gzip -9nf "${root}/usr/share/doc/latchkey/changelog" COMMAND_ERROR_IS_FATAL ANY)
file(MAKE_DIRECTORY "${root}/usr/share/lintian/overrides")
file(COPY_FILE "${here}/lintian-overrides" "${root}/usr/share/lintian/overrides/latchkey")
