import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What both Java engines share: the logons, read into objects before anything is timed, the processor's time of all but
 * the first fifth of them, and when each user first fired.
 */
abstract class Peer {
    /** The logons: their ids, milliseconds, who, from where, and whether it failed. */
    static final class Logons {
        String[] id;
        long[] at;
        String[] user;
        String[] ip;
        String[] outcome;
        int n;

        static Logons read(Path file, int n) throws IOException {
            Logons l = new Logons();
            l.id = new String[n];
            l.at = new long[n];
            l.user = new String[n];
            l.ip = new String[n];
            l.outcome = new String[n];
            Map<String, String> interned = new HashMap<>();
            try (BufferedReader in = Files.newBufferedReader(file)) {
                for (String line; (line = in.readLine()) != null && l.n < n; l.n++) {
                    String[] f = line.split("\t");
                    l.id[l.n] = String.format("%032x", l.n);
                    l.at[l.n] = Long.parseLong(f[0]);
                    l.user[l.n] = interned.computeIfAbsent(f[1], k -> k);
                    l.ip[l.n] = interned.computeIfAbsent(f[2], k -> k);
                    l.outcome[l.n] = f[3].equals("failure") ? "failure" : "success";
                }
            }
            return l;
        }
    }

    /** When a user first fired, and the alerts of which that was said. */
    private static final class First {
        final long at;
        final Set<Object> alerts = new TreeSet<>();

        First(long at) {
            this.at = at;
        }
    }

    private final Map<String, First> first = new HashMap<>();
    private long fired;
    private long named;
    private int rules = 1;

    /** Notes that the rule held for a user at a time, of which alerts. */
    final void fired(String user, long at, Object[] alerts) {
        fired++;
        named += alerts.length;
        First f = first.get(user);
        if (f == null) {
            f = new First(at);
            first.put(user, f);
        }
        if (f.at == at) {
            Collections.addAll(f.alerts, alerts);
        }
    }

    /** Makes the engine ready for so many copies of the rule called lane, which tell the alerts' ids where evidence is kept. */
    abstract void start(String lane, int rules, boolean evidence) throws Exception;

    abstract void send(String id, long at, String user, String ip, String outcome) throws Exception;

    /** Arguments: lane, rules, logons, how many, where the first firings go, whether the alerts' ids are kept. */
    final void run(String[] args) throws Exception {
        rules = Integer.parseInt(args[1]);
        Logons l = Logons.read(Path.of(args[2]), Integer.parseInt(args[3]));
        start(args[0], rules, args[5].equals("ids"));
        int warm = l.n / 5;
        long cpu = 0;
        for (int i = 0; i < l.n; i++) {
            if (i == warm) {
                cpu = processorTime();
            }
            send(l.id[i], l.at[i], l.user[i], l.ip[i], l.outcome[i]);
        }
        cpu = processorTime() - cpu;
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(Path.of(args[4])))) {
            first.forEach((user, f) -> out.println(user + "\t" + f.at + "\t" + f.alerts.stream().map(Object::toString).collect(Collectors.joining(","))));
        }
        System.out.println("cpu_ns " + cpu + "\nfired " + fired + "\nnamed " + named + "\ntimed " + (l.n - warm));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
