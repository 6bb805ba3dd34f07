package io.llamamesh.agent.netns;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A config document: windows of one second, each target over two source ports.
 *
 * @param perSecond probes of each source port
 * @param tag value of a tag on all points
 */
record MeshConfig(List<InetAddress> targets, int perSecond, String tag) {

  /** Writes it to a file. */
  Path to(Path file) {
    String list =
        targets.stream()
            .map(target ->
                "    - {name: \"%1$s\", ip: \"%1$s\", port: 8100}"
                    .formatted(target.getHostAddress()))
            .collect(Collectors.joining("\n"));
    String document =
        """
        version: 1
        mesh: lab
        source: {name: here, tags: {note: %s}}
        summarization: {interval: 1}
        retention: 600
        ports: {default: {timeout: 1000, base_port: 26000, payload_bytes: 200}}
        port_groups: {default: [{port: default, count: 2}]}
        rate_limits: {default: {cps: %d}}
        tests: [{targets: default, port_group: default, rate_limit: default}]
        targets:
          default:
        %s
        """
            .formatted(tag, perSecond, list);
    try {
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(fresh, document);
      return Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
