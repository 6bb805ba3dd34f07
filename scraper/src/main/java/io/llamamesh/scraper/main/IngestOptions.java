package io.llamamesh.scraper.main;

import io.llamamesh.scraper.auth.ApiToken;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.run.IngestAccess;
import io.llamamesh.tls.ServerCertificate;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of the port on which agents post their windows. */
final class IngestOptions {
  private static final Logger LOG = LoggerFactory.getLogger(IngestOptions.class);

  @Option(
      names = "--ingest-token-file",
      paramLabel = "FILE",
      description =
          "File with a bearer token for agents with --push, reloaded when it changes; the mesh's own"
              + " tokens of --auth-dir are accepted too. Last windows of draining agents require"
              + " those, or without them this one, and in a mesh's pods none (default: those"
              + " alone).")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ingest-tls-cert",
      paramLabel = "FILE",
      description =
          "Take posts by HTTPS: certificate chain in PEM, read again when it changes (default:"
              + " HTTP).")
  private @Nullable Path certificate;

  @Option(
      names = "--ingest-tls-key",
      paramLabel = "FILE",
      description = "Its key in PEM (PKCS #8).")
  private @Nullable Path key;

  /**
   * Where agents post, and which may. Agents in pods of a mesh without authentication have no token
   * to show: their last windows are taken without one, though probes outside need one.
   *
   * @param ofMesh agents are pods of a mesh
   * @param wrong makes the exception for a message
   */
  IngestAccess access(
      InetSocketAddress address,
      Tokens tokens,
      boolean ofMesh,
      Function<String, ParameterException> wrong) {
    Predicate<@Nullable String> pushes = accepted(tokens, wrong);
    return new IngestAccess(
        address, tokens == Tokens.NONE && !ofMesh ? pushes : null, pushes, tls(wrong));
  }

  private @Nullable Predicate<@Nullable String> accepted(
      Tokens tokens, Function<String, ParameterException> wrong) {
    if (tokenFile == null) {
      return null;
    }
    try {
      return ApiToken.open(tokenFile, tokens, InstantSource.system())::accepts;
    } catch (NoSuchFileException e) {
      // An operator's scraper may start before the Secret is there.
      LOG.warn("nobody may push windows until there is a token file={}", tokenFile);
      return new LateToken(tokenFile, tokens);
    } catch (IOException e) {
      throw wrong.apply("--ingest-token-file cannot be used: " + e);
    }
  }

  /** A token whose file was not there at the start. Thread-safe. */
  private static final class LateToken implements Predicate<@Nullable String> {
    private final Path file;
    private final Tokens mesh;
    private @Nullable ApiToken token;

    LateToken(Path file, Tokens mesh) {
      this.file = file;
      this.mesh = mesh;
    }

    @Override
    public synchronized boolean test(@Nullable String authorization) {
      try {
        if (token == null) {
          token = ApiToken.open(file, mesh, InstantSource.system());
        }
        return token.accepts(authorization);
      } catch (IOException e) {
        LOG.debug("no token yet file={}", file, e);
        return mesh != Tokens.NONE && mesh.accepts(authorization);
      }
    }
  }

  private @Nullable SSLContext tls(Function<String, ParameterException> wrong) {
    Path chain = certificate;
    Path secret = key;
    if (chain == null && secret == null) {
      return null;
    }
    if (chain == null || secret == null) {
      throw wrong.apply("--ingest-tls-cert and --ingest-tls-key belong together; one is missing");
    }
    try {
      return ServerCertificate.context(chain, secret, System::nanoTime);
    } catch (IOException e) {
      throw wrong.apply("--ingest-tls-cert or --ingest-tls-key cannot be used: " + e.getMessage());
    }
  }
}
