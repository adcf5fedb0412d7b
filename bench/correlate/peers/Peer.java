import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What both Java engines share: the logons, read into objects before anything is timed, the processor's time of all but
 * the first fifth of them, and when each user first fired.
 */
abstract class Peer {
    /** The logons: milliseconds, who, from where, and whether it failed. */
    static final class Logons {
        long[] at;
        String[] user;
        String[] ip;
        String[] outcome;
        int n;

        static Logons read(Path file, int n) throws IOException {
            Logons l = new Logons();
            l.at = new long[n];
            l.user = new String[n];
            l.ip = new String[n];
            l.outcome = new String[n];
            Map<String, String> interned = new HashMap<>();
            try (BufferedReader in = Files.newBufferedReader(file)) {
                for (String line; (line = in.readLine()) != null && l.n < n; l.n++) {
                    String[] f = line.split("\t");
                    l.at[l.n] = Long.parseLong(f[0]);
                    l.user[l.n] = interned.computeIfAbsent(f[1], k -> k);
                    l.ip[l.n] = interned.computeIfAbsent(f[2], k -> k);
                    l.outcome[l.n] = f[3].equals("failure") ? "failure" : "success";
                }
            }
            return l;
        }
    }

    private final Map<String, Long> first = new HashMap<>();
    private long fired;
    private int rules = 1;

    /** Notes that the rule held for a user at a time. */
    final void fired(String user, long at) {
        fired++;
        first.putIfAbsent(user, at);
    }

    /** Makes the engine ready for so many copies of the rule called lane. */
    abstract void start(String lane, int rules) throws Exception;

    abstract void send(long at, String user, String ip, String outcome) throws Exception;

    /** Arguments: lane, rules, logons, how many, where the first firings go. */
    final void run(String[] args) throws Exception {
        rules = Integer.parseInt(args[1]);
        Logons l = Logons.read(Path.of(args[2]), Integer.parseInt(args[3]));
        start(args[0], rules);
        int warm = l.n / 5;
        long cpu = 0;
        for (int i = 0; i < l.n; i++) {
            if (i == warm) {
                cpu = processorTime();
            }
            send(l.at[i], l.user[i], l.ip[i], l.outcome[i]);
        }
        cpu = processorTime() - cpu;
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(Path.of(args[4])))) {
            first.forEach((user, at) -> out.println(user + "\t" + at));
        }
        System.out.println("cpu_ns " + cpu + "\nfired " + fired + "\ntimed " + (l.n - warm));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
