package io.llamamesh.agent.main;

import io.llamamesh.agent.net.Cidr;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of keys and tokens, and of networks that read without one. */
final class AuthOptions {

  @Option(
      names = "--auth-dir",
      paramLabel = "DIR",
      description =
          "Folder with keys.json and tokens.json, read again when they change: probes are signed and"
              + " must be, the API requires a token (default: no authentication).")
  private @Nullable Path authDir;

  @Option(
      names = "--accept-unauthenticated",
      paramLabel = "CIDR",
      split = ",",
      description =
          "With --auth-dir: networks that may still read the API without a token, such as"
              + " 10.0.0.0/8, for LLAMA's own scraper, which cannot send one (default: none).")
  private List<String> acceptUnauthenticated = new ArrayList<>();

  @Nullable Path authDir() {
    return authDir;
  }

  List<Cidr> openTo(BindOptions options) {
    return options.parseCidrs("--accept-unauthenticated", acceptUnauthenticated);
  }
}
