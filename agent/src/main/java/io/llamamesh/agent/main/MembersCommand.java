package io.llamamesh.agent.main;

import io.llamamesh.agent.http.FabricText;
import io.llamamesh.client.FabricClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Members of the fabric by the word of one agent. */
@Command(
    name = "members",
    mixinStandardHelpOptions = true,
    description = "Prints which agents are up, failed or cut off, as one agent knows it.",
    footer = {"", "With --watch it ends by Ctrl-C, with the shell's 130."},
    exitCodeList = {
      "0:Nobody is missing.",
      "1:An error, or wrong use.",
      "2:Somebody is failed, cut off, down or blocked."
    })
final class MembersCommand implements Callable<Integer> {

  @Mixin private FabricQueryOptions query = new FabricQueryOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return query.run(FabricClient::members, FabricClient::watchMembers, FabricText::members);
  }
}
