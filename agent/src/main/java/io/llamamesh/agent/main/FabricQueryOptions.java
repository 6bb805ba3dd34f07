package io.llamamesh.agent.main;

import io.llamamesh.agent.http.FabricText.Answer;
import io.llamamesh.cli.CommandFrame;
import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.DocumentWatch;
import io.llamamesh.client.FabricClient;
import io.llamamesh.client.WatchListener;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of commands that ask an agent of its fabric, once or as it changes. */
final class FabricQueryOptions {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  @Mixin private AgentQueryOptions query = new AgentQueryOptions();

  @Option(
      names = "--watch",
      description =
          "Prints again with each change, with --json one a line, until Ctrl-C; asks again where it"
              + " breaks.")
  private boolean watch;

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);

  /** A question. */
  @FunctionalInterface
  interface Ask<T> {
    T ask(FabricClient client, URI agent) throws IOException, InterruptedException;
  }

  /** A watch of the same. */
  @FunctionalInterface
  interface Follow<T> {
    DocumentWatch follow(FabricClient client, URI agent, WatchListener<T> listener)
        throws IOException, InterruptedException;
  }

  /**
   * Asks and prints, or prints with each change.
   *
   * @return the exit code
   * @throws IOException where the agent does not answer as it should; of a watch only before the
   *     first document
   */
  <T> int run(Ask<T> ask, Follow<T> follow, Function<T, Answer> text)
      throws IOException, InterruptedException {
    URI agent = query.agent();
    String token = query.token();
    try (FabricClient client = new FabricClient(ClientOptions.standard().withToken(() -> token))) {
      if (watch) {
        follow(client, agent, follow, text);
      }
      Answer answer = text.apply(ask.ask(client, agent));
      out.print(query.isJson() ? answer.json() : answer.text());
      out.flush();
      return answer.isWell() ? CommandFrame.OK : CommandFrame.BAD;
    } catch (ClientException e) {
      throw new IOException(explain(e), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "--server must be http://HOST:PORT of an agent, was '" + agent + "'", e);
    }
  }

  boolean isWatch() {
    return watch;
  }

  /** Prints until the process is ended, or throws where no first document comes. */
  private <T> void follow(
      FabricClient client, URI agent, Follow<T> follow, Function<T, Answer> text)
      throws IOException, InterruptedException {
    CompletableFuture<Void> failed = new CompletableFuture<>();
    WatchListener<T> listener =
        new WatchListener<>() {
          private boolean isSeen;

          @Override
          public void changed(T document) {
            isSeen = true;
            Answer answer = text.apply(document);
            out.print(
                query.isJson()
                    ? answer.jsonLine()
                    : LocalTime.now(ZoneId.systemDefault()).format(TIME) + "\n" + answer.text());
            out.flush();
          }

          @Override
          public void failed(ClientException failure) {
            if (isSeen) {
              err.println(failure.getMessage() + "; asking again");
            } else {
              failed.completeExceptionally(failure);
            }
          }
        };
    try (var _ = follow.follow(client, agent, listener)) {
      failed.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ClientException known ? known : new IOException(e);
    }
  }

  private String explain(ClientException failure) {
    return switch (failure.kind()) {
      case UNREACHABLE -> "no agent answers: " + failure.getMessage();
      case TOKEN_REFUSED ->
          failure.getMessage() + (query.hasToken() ? "" : "; name its file by --token-file");
      case TIMEOUT, STATUS, TOO_LARGE, MALFORMED -> String.valueOf(failure.getMessage());
    };
  }
}
