# What `cmake --install` and the Debian package (etc/package) install: the same files. Included by CMakeLists.txt.
include(GNUInstallDirs)
set(LATCHKEY_UNIT_DIR "lib/systemd/system" CACHE STRING "Where the systemd units go, below the prefix")
# Installing builds nothing: the program must be there, and the tests need not be.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(manuals ${CMAKE_INSTALL_DATADIR}/doc/latchkey)

install(TARGETS latchkey RUNTIME)
install(FILES systemd/latchkey.service systemd/latchkey@.service systemd/latchkey.socket
  DESTINATION ${LATCHKEY_UNIT_DIR})
# The manuals keep their folders, so that their links to each other hold.
install(FILES README.md etc/debian/copyright DESTINATION ${manuals})
install(FILES etc/README.md etc/latchkey.toml DESTINATION ${manuals}/etc)
install(FILES schema/README.md schema/openapi.json DESTINATION ${manuals}/schema)
install(FILES systemd/README.md DESTINATION ${manuals}/systemd)
install(FILES src/api/README.md DESTINATION ${manuals}/src/api)
install(DIRECTORY etc/examples etc/gateways DESTINATION ${manuals}/etc
  PATTERN "__pycache__" EXCLUDE PATTERN "node_modules" EXCLUDE
  PATTERN "*.sh" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                             WORLD_READ WORLD_EXECUTE)
# Rules and dashboards, for the configuration of Prometheus and Grafana to name.
foreach(folder prometheus grafana)
  if(EXISTS ${CMAKE_SOURCE_DIR}/etc/${folder})
    install(DIRECTORY etc/${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/latchkey)
  endif()
endforeach()

# The program writes its manual pages and completions itself. Debian wants the former compressed, and without the
# time at which that happened.
install(CODE [[
  function(latchkey_writes file)
    set(path "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/${file}")
    get_filename_component(folder "${path}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    message(STATUS "Writing: ${path}")
    execute_process(COMMAND "$<TARGET_FILE:latchkey>" ${ARGN} OUTPUT_FILE "${path}"
      COMMAND_ERROR_IS_FATAL ANY)
    if(file MATCHES "^man/")
      execute_process(COMMAND gzip -9nf "${path}" COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endfunction()
  latchkey_writes(man/man1/latchkey.1 man-page)
  latchkey_writes(man/man5/latchkey.toml.5 man-page settings)
  latchkey_writes(bash-completion/completions/latchkey completion bash)
  latchkey_writes(zsh/vendor-completions/_latchkey completion zsh)
]])

# An administrator's configuration is never overwritten. The service reads /etc/latchkey/latchkey.toml.
install(CODE "set(shipped_configuration \"${CMAKE_SOURCE_DIR}/etc/debian/latchkey.toml\")")
install(CODE [[
  set(configuration "${CMAKE_INSTALL_PREFIX}/etc/latchkey/latchkey.toml")
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(configuration "/etc/latchkey/latchkey.toml")
  endif()
  set(configuration "$ENV{DESTDIR}${configuration}")
  if(EXISTS "${configuration}")
    message(STATUS "Left as it is: ${configuration}")
  else()
    message(STATUS "Writing: ${configuration}")
    get_filename_component(folder "${configuration}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    file(COPY_FILE "${shipped_configuration}" "${configuration}")
  endif()
]])

# --- the Debian package -------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME latchkey)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Latchkey maintainers <maintainers@latchkey.example>")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON) # for /etc
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/etc/debian/finish.cmake)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${CPACK_PACKAGE_CONTACT})
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "credential verification server")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Backends and gateways ask it over HTTP whether a credential is good and
whose it is. It answers for API keys, for devices with a secret, and for
tokens (JWT) of issuers that are named and of its own.
.
It is one process with PostgreSQL behind it. Keys that it has verified are
answered from memory; what is revoked is refused by every node at once.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Without libnss-systemd, PostgreSQL does not know the name of the service's dynamic user.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libnss-systemd, postgresql (>= 14)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS prometheus)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian ${CMAKE_SOURCE_DIR}/etc/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/conffiles)
include(CPack)
