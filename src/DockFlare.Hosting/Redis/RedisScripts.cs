namespace DockFlare.Hosting.Redis;

/// <summary>
/// The queue's rules in Lua: <see cref="DockFlare.Core.Commands.CommandQueueModel"/> line by line, run whole and alone by Redis.
/// Each script lists what it takes, answers and leaves.
/// </summary>
/// <remarks>
/// <para><c>KEYS</c> of all: 1 pending, 2 counter, 3 dead, 4 history (<see cref="RedisKeys"/>).</para>
/// <para>
/// <c>ARGV</c> of all: 1 the time in milliseconds since 1970, or empty for Redis's own (so that no master's clock matters; only tests give one),
/// 2 attempts, 3 dead letters kept, 4 history kept, 5 the reason when a lease ran out, 6 the wake channel, 7 the agent. A script's own begin at 8.
/// </para>
/// <para>
/// An entry is JSON: <c>id, key, command</c> (its JSON), <c>seq</c> (its place), <c>attempt</c>, <c>fence</c> (empty while it waits),
/// <c>till</c> (when the lease runs out or the backoff is over), <c>superseded</c>. Sequence numbers and fences are text:
/// they are microseconds since 1970, and JSON numbers in Redis keep 14 digits.
/// </para>
/// </remarks>
internal static class RedisScripts
{
    private const string Common =
        """
        local pending, counter, dead, history = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
        local attempts, dead_limit, history_limit = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local micros
        if ARGV[1] ~= '' then
            micros = tonumber(ARGV[1]) * 1000
        else
            local time = redis.call('TIME')
            micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
        end
        local now = math.floor(micros / 1000)

        -- All entries, oldest first.
        local entries = {}
        for _, raw in ipairs(redis.call('HVALS', pending)) do
            entries[#entries + 1] = cjson.decode(raw)
        end
        table.sort(entries, function(a, b) return tonumber(a.seq) < tonumber(b.seq) end)

        local function save(entry)
            redis.call('HSET', pending, entry.id, cjson.encode(entry))
        end

        -- A number that rises even if Redis lost everything (it starts at the time) and even if the new
        -- primary's clock is behind (it is above what this master has seen).
        local function next_number(floor)
            local last = tonumber(redis.call('GET', counter) or '0')
            local number = string.format('%.0f', math.max(last + 1, micros, floor + 1))
            redis.call('SET', counter, number)
            return number
        end

        local function push(list, limit, value)
            redis.call('RPUSH', list, cjson.encode(value))
            while redis.call('LLEN', list) > limit do
                redis.call('LPOP', list)
            end
        end

        local function record(it, how, reason, at)
            push(history, history_limit, { command = it.command, ['end'] = how, attempts = it.attempt, reason = reason, at = at })
        end

        local function finish(entry, how, reason, at)
            redis.call('HDEL', pending, entry.id)
            for i, other in ipairs(entries) do
                if other.id == entry.id then
                    table.remove(entries, i)
                    break
                end
            end
            record(entry, how, reason, at)
        end

        local function give_back(entry, reason, visible_at, at)
            if entry.superseded then
                finish(entry, 'superseded', nil, at)
            elseif entry.attempt < attempts then
                entry.fence = ''
                entry.till = visible_at
                save(entry)
            else
                finish(entry, 'dead_letter', reason, at)
                push(dead, dead_limit, { id = entry.id, key = entry.key, command = entry.command, attempt = entry.attempt, reason = reason, at = at })
            end
        end

        local function find_held(id, fence)
            for _, entry in ipairs(entries) do
                if entry.id == id and entry.fence ~= '' and entry.fence == fence then
                    return entry
                end
            end
        end

        local function find_newest(key)
            for _, entry in ipairs(entries) do
                if not entry.superseded and entry.key == key then
                    return entry
                end
            end
        end

        local function add(id, key, command)
            save({ id = id, key = key, command = command, seq = next_number(0), attempt = 0, fence = '', till = 0, superseded = false })
        end

        local function wake()
            redis.call('PUBLISH', ARGV[6], ARGV[7])
        end

        -- What time has done: leases that ran out give their commands back.
        local expired = {}
        for _, entry in ipairs(entries) do
            if entry.fence ~= '' and entry.till <= now then
                expired[#expired + 1] = entry
            end
        end
        table.sort(expired, function(a, b)
            if a.till ~= b.till then return a.till < b.till end
            return a.id < b.id
        end)
        for _, entry in ipairs(expired) do
            give_back(entry, ARGV[5], entry.till, entry.till)
        end

        """;

    /// <summary>
    /// ARGV: 8 id, 9 key, 10 command, 11 commands allowed.
    /// Answers <c>added</c>, <c>unchanged</c> (the same is there or was given up) or <c>full</c>.
    /// Leaves the command waiting at the end; an older one of its key is gone when it waited, marked as superseded when it is out on lease. Publishes a wake.
    /// </summary>
    public const string Enqueue = Common +
        """
        local id, key, command = ARGV[8], ARGV[9], ARGV[10]
        local same
        for _, entry in ipairs(entries) do
            if entry.id == id then same = entry end
        end
        if same and not same.superseded and same.command == command then
            return 'unchanged'
        end

        local letters = redis.call('LRANGE', dead, 0, -1)
        for _, raw in ipairs(letters) do
            if cjson.decode(raw).command == command then
                return 'unchanged'
            end
        end

        local older = find_newest(key)
        if #entries >= tonumber(ARGV[11]) and not same and not (older and older.fence == '') then
            return 'full'
        end

        if older and older.fence ~= '' then
            older.superseded = true
            save(older)
        elseif older then
            finish(older, 'superseded', nil, now)
        end

        if same and not (same == older and same.fence == '') then
            finish(same, 'superseded', nil, now)
        end

        for _, raw in ipairs(letters) do
            if cjson.decode(raw).id == id then
                redis.call('LREM', dead, 1, raw)
            end
        end

        add(id, key, command)
        wake()
        return 'added'
        """;

    /// <summary>
    /// ARGV: 8 visibility timeout in milliseconds, 9 the highest fence this master has seen.
    /// Answers <c>{ command, fence, attempt, till }</c>, or <c>{ wait }</c>: the milliseconds until time alone makes a command visible, -1 for never.
    /// Leaves the command hidden under a new fence until <c>till</c>.
    /// </summary>
    public const string Lease = Common +
        """
        local next_due = -1
        for _, entry in ipairs(entries) do
            if entry.fence == '' and entry.till <= now then
                entry.fence = next_number(tonumber(ARGV[9]))
                entry.attempt = entry.attempt + 1
                entry.till = now + tonumber(ARGV[8])
                save(entry)
                return { entry.command, entry.fence, entry.attempt, entry.till }
            end
            if next_due < 0 or entry.till - now < next_due then
                next_due = entry.till - now
            end
        end
        return { next_due }
        """;

    /// <summary>
    /// ARGV: 8 id, 9 fence, 10 visibility timeout in milliseconds. Answers 1, or 0 when the lease is lost.
    /// Leaves the command hidden for that long from now. Publishes a wake when that is sooner than before.
    /// </summary>
    public const string Renew = Common +
        """
        local entry = find_held(ARGV[8], ARGV[9])
        if not entry then return 0 end
        local before = entry.till
        entry.till = now + tonumber(ARGV[10])
        save(entry)
        if entry.till < before then wake() end
        return 1
        """;

    /// <summary>ARGV: 8 id, 9 fence. Answers 1, or 0 when the lease is lost. Leaves the command in the history alone.</summary>
    public const string Ack = Common +
        """
        local entry = find_held(ARGV[8], ARGV[9])
        if not entry then return 0 end
        finish(entry, 'acked', nil, now)
        return 1
        """;

    /// <summary>
    /// ARGV: 8 id, 9 fence, 10 reason, 11… the wait in milliseconds after attempt 1, 2, … Answers 1, or 0 when the lease is lost.
    /// Leaves the command waiting for its backoff, or a dead letter when its attempts are spent, or gone when it was superseded. Publishes a wake.
    /// </summary>
    public const string Nack = Common +
        """
        local entry = find_held(ARGV[8], ARGV[9])
        if not entry then return 0 end
        local wait = tonumber(ARGV[math.min(10 + entry.attempt, #ARGV)])
        give_back(entry, ARGV[10], now + wait, now)
        wake()
        return 1
        """;

    /// <summary>
    /// ARGV: 8 id, 9 commands allowed. Answers 1, or 0 when there is no such letter or no room.
    /// Leaves the command waiting at the end with no attempts; or in the history as superseded, when a newer one of its key is pending. Publishes a wake.
    /// </summary>
    public const string RetryDeadLetter = Common +
        """
        for _, raw in ipairs(redis.call('LRANGE', dead, 0, -1)) do
            local letter = cjson.decode(raw)
            if letter.id == ARGV[8] then
                if find_newest(letter.key) then
                    record(letter, 'superseded', letter.reason, now)
                elseif #entries >= tonumber(ARGV[9]) then
                    return 0
                else
                    add(letter.id, letter.key, letter.command)
                    wake()
                end
                redis.call('LREM', dead, 1, raw)
                return 1
            end
        end
        return 0
        """;

    /// <summary>ARGV: 8 which list. Answers the commands that wait or are out on lease (<c>pending</c>), or the letters or ended commands as JSON (<c>dead</c>, <c>history</c>), oldest first.</summary>
    public const string Read = Common +
        """
        if ARGV[8] == 'dead' then return redis.call('LRANGE', dead, 0, -1) end
        if ARGV[8] == 'history' then return redis.call('LRANGE', history, 0, -1) end
        local commands = {}
        for i, entry in ipairs(entries) do
            commands[i] = entry.command
        end
        return commands
        """;

    /// <summary>Answers how many keys it deleted. Leaves nothing of the agent: fences begin at the time again, so every lease is lost.</summary>
    public const string Clear = "return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])";
}
