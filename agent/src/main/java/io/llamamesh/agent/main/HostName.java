package io.llamamesh.agent.main;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What this machine is called. */
final class HostName {

  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");

  private HostName() {}

  /** Its name, as the kernel has it where it tells; null where nobody knows. */
  static @Nullable String find() {
    try {
      String name =
          Files.isReadable(KERNEL)
              ? Files.readString(KERNEL).strip()
              : InetAddress.getLocalHost().getHostName();
      return name.isEmpty() ? null : name;
    } catch (UnknownHostException e) {
      return null; // it has no address of its own, and Java asks for that first
    } catch (IOException e) {
      return null;
    }
  }
}
