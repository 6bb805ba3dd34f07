package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.run.IngestAccess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

final class IngestOptionsTest {
  @TempDir private Path folder;

  private IngestAccess access(boolean ofMesh) throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "s3cret");
    Holder holder = new Holder();
    CommandLine line = new CommandLine(holder);
    line.parseArgs("--ingest-token-file=" + file);
    return holder.options.access(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        Tokens.NONE,
        ofMesh,
        why -> new ParameterException(line, why));
  }

  @Test
  void podsOfAMeshWithoutAuthenticationHandOverTheirLastWindowsWithoutAToken() throws Exception {
    IngestAccess access = access(true);

    assertThat(access.accepted()).isNull();
    assertThat(access.acceptedPush()).isNotNull().rejects((String) null).accepts("Bearer s3cret");
  }

  @Test
  void elsewhereTheTokenIsRequiredOfLastWindowsToo() throws Exception {
    assertThat(access(false).accepted()).isNotNull().accepts("Bearer s3cret").rejects("Bearer x");
  }

  @Command
  private static final class Holder {
    @Mixin private final IngestOptions options = new IngestOptions();
  }
}
