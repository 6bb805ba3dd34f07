package io.llamamesh.agent.main;

import io.llamamesh.agent.http.SharedStateClient;
import io.llamamesh.agent.http.ToolsClient;
import io.llamamesh.cli.CommandFrame;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that ask an agent: its URL, and the format of the answer. */
final class AgentQueryOptions {

  private static final int MAX_TOKEN = 4_096;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8100",
      description = "The API of any agent (default: ${DEFAULT-VALUE}).")
  private String server = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the token that the agent requires (default: none is sent).")
  private @Nullable Path tokenFile;

  @Option(names = "--json", description = "Prints the agent's document instead of a table.")
  private boolean json;

  URI agent() throws IOException {
    try {
      return URI.create(server);
    } catch (IllegalArgumentException e) {
      throw new IOException("--server must be a URL, was '" + server + "'", e);
    }
  }

  /** Client of store and multicast. */
  SharedStateClient stateClient() throws IOException {
    return new SharedStateClient(server, token());
  }

  ToolsClient tools() throws IOException {
    return new ToolsClient(server, token());
  }

  @Nullable String token() throws IOException {
    Path file = tokenFile;
    if (file == null) {
      return null;
    }
    if (Files.size(file) > MAX_TOKEN) {
      throw new IOException(file + " is longer than a token");
    }
    return Files.readString(file).strip();
  }

  boolean hasToken() {
    return tokenFile != null;
  }

  /** True where documents are printed as the agent sends them. */
  boolean isJson() {
    return json;
  }

  /** Prints an outcome; returns the exit code. */
  int print(ToolsClient.Outcome outcome) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.print(json ? outcome.json() : outcome.text());
    out.flush();
    return outcome.isWell() ? CommandFrame.OK : CommandFrame.BAD;
  }
}
